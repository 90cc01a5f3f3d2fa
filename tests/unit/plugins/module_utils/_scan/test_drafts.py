# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several names and places of one content become one target."""

from __future__ import annotations

import itertools

import hypothesis.strategies as st
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.drafts import Draft, join_drafts


def draft(name, *keys, **more):
    return Draft(name, "registry", {name}, set(keys), digest=keys[0] if keys else None, **more)


def test_one_content_is_one_target_with_all_names_and_hosts():
    (only,) = join_drafts([draft("a", "m", "c", hosts={"web-1"}), draft("b", "c", hosts={"web-2"})])
    assert (only.name, only.digest, only.references, only.hosts) == ("a", "m", ("a", "b"), ("web-1", "web-2"))


def test_a_third_brings_two_together_whatever_the_order():
    three = [draft("a", "1"), draft("b", "2"), draft("c", "1", "2")]
    for order in itertools.permutations(three):
        (only,) = join_drafts([Draft(**vars(one)) for one in order])
        assert only.references == ("a", "b", "c")


def test_what_can_be_scanned_stands_for_what_cannot():
    broken = draft("a", "1", problem="no registry has it", hosts={"web-1"})
    whole = draft("b", "1", platform="linux/arm64")
    for order in ([broken, whole], [whole, broken]):
        (only,) = join_drafts([Draft(**vars(one)) for one in order])
        assert (only.name, only.problem, only.platform, only.hosts) == ("b", None, "linux/arm64", ("web-1",))


@given(st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=3), max_size=8))
def test_targets_are_the_connected_ones(groups):
    found = join_drafts([draft(str(number), *(str(key) for key in sorted(keys))) for number, keys in enumerate(groups)])
    # The same by joining whatever touches until nothing does.
    sets = [(set(keys), {str(number)}) for number, keys in enumerate(groups)]
    joined = []
    for keys, names in sets:
        touching = [one for one in joined if one[0] & keys]
        joined = [one for one in joined if not one[0] & keys]
        joined.append((keys.union(*(one[0] for one in touching)), names.union(*(one[1] for one in touching))))
    assert sorted(one.references for one in found) == sorted(tuple(sorted(names)) for _keys, names in joined)
    assert [one.name for one in found] == sorted(one.name for one in found)
