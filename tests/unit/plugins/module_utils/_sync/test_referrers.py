# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._sync.referrers import has_entries, merge_lists

DIGESTS = st.lists(st.sampled_from(["sha256:%d" % number for number in range(8)]), unique=True)


def listing(digests):
    return json.dumps({"manifests": [{"digest": one, "size": 1} for one in digests]}).encode()


def digests(data):
    return [one["digest"] for one in json.loads(data)["manifests"]]


@given(DIGESTS, DIGESTS)
def test_nothing_is_lost_on_either_side(source, region):
    merged, own = merge_lists(listing(source), listing(region))
    assert own == set(region) - set(source)
    if merged is None:
        assert set(source) <= set(region)
    elif own:
        assert set(digests(merged)) == {*source, *region} and digests(merged)[: len(region)] == region
        # Once it is there, there is nothing left to do.
        assert merge_lists(listing(source), merged) == (None, own)
    else:
        assert merged == listing(source), "it is the source's own, byte for byte"


def test_a_region_without_a_list_gets_the_source_s():
    assert merge_lists(listing(["sha256:1"]), None) == (listing(["sha256:1"]), frozenset())
    assert (
        has_entries(listing(["sha256:1"])) and not has_entries(listing([])) and not has_entries(b'{"manifests": null}')
    )


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"manifests": {"a": 1}}', b'{"manifests": ["sha256:1"]}', b"\xff"]
)
def test_what_is_no_list(data):
    with pytest.raises(ValueError):
        merge_lists(listing([]), data)
