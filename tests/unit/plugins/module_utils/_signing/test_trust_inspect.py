# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `docker trust inspect` prints: read as it is, and never taken for signed when it is anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_inspect import (
    is_stale,
    lost_keys,
    read_inspection,
)

HEX = "ef2fbffe7cc4ad642b37a2595d648c05adab13f81f434106ee09c29342ee414a"
REPOSITORY = parse_reference("registry.example.com/shop/web")


def entry(**changes: Any) -> dict[str, Any]:
    base = {
        "Name": "registry.example.com/shop/web",
        "SignedTags": [
            {"SignedTag": "1", "Digest": HEX, "Signers": ["alice", "bob"]},
            {"SignedTag": "2", "Digest": HEX, "Signers": ["Repo Admin"]},
            {"SignedTag": "3", "Digest": HEX, "Signers": ["alice"]},
        ],
        "Signers": [
            {"Name": "bob", "Keys": [{"ID": "b1"}, {"ID": "b2"}]},
            {"Name": "alice", "Keys": [{"ID": "a1"}]},
        ],
        "AdministrativeKeys": [
            {"Name": "Root", "Keys": [{"ID": "r1"}]},
            {"Name": "Repository", "Keys": [{"ID": "t1"}]},
        ],
    }
    return {**base, **changes}


def test_tags_signers_and_keys_are_read() -> None:
    data = read_inspection(json.dumps([entry()]))
    found = [(one.signer, one.key, one.tag) for tag in data.tags.values() for one in data.signatures(tag, REPOSITORY)]
    assert found == [("alice", "a1", "1"), ("bob", None, "1"), ("Repo Admin", "t1", "2"), ("alice", "a1", "3")]
    assert {tag.digest for tag in data.tags.values()} == {"sha256:" + HEX}
    assert data.only_of("alice") == ["3"] and data.only_of("bob") == []
    assert [(row["name"], row["role"]) for row in data.rows()] == [
        ("alice", "signer"),
        ("bob", "signer"),
        ("Repository", "administrator"),
        ("Root", "administrator"),
    ]


@pytest.mark.parametrize("empty", [[], None])
def test_a_tag_without_a_signature_is_read_as_none(empty: Any) -> None:
    assert read_inspection(json.dumps([entry(SignedTags=empty, Signers=empty)])).tags == {}


@pytest.mark.parametrize(
    "output",
    [
        "",
        "[]",
        "{}",
        "null",
        "no signatures",
        json.dumps([entry(), entry()]),
        json.dumps([{"Name": "x"}]),
        json.dumps([entry(SignedTags=[{"SignedTag": "1", "Digest": "sha256:" + HEX, "Signers": []}])]),
        json.dumps([entry(SignedTags=[{"SignedTag": "1", "Signers": ["alice"]}])]),
        json.dumps([entry(Signers=["alice"])]),
    ],
)
def test_what_is_not_understood_is_no_signature(output: str) -> None:
    with pytest.raises(ToolError, match="docker trust inspect printed what is not understood"):
        read_inspection(output)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["SignedTags", "SignedTag", "Digest", "Signers", "Name", "Keys", "ID", "AdministrativeKeys"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_document_is_read_or_refused(document: Any) -> None:
    try:
        data = read_inspection(json.dumps(document))
    except ToolError:
        return
    assert all(tag.digest.startswith("sha256:") for tag in data.tags.values())


def test_what_the_command_line_warns_of_is_heard() -> None:
    warning = (
        'time="2026-11-27T09:58:43Z" level=warning msg="Error while downloading remote metadata, using cached timestamp - this '
        'might not be the latest version available remotely"'
    )
    threshold = 'level=warning msg="Error getting targets/releases: valid signatures did not meet threshold for targets/releases"'
    assert (is_stale(warning), lost_keys(warning)) == (True, False)
    assert (is_stale(threshold), lost_keys(threshold)) == (False, True)
    assert not is_stale("no signatures or cannot access registry.example.com/shop/web")
