# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an attestation says what is wanted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._signing.predicate import CUSTOM, says

documents = st.dictionaries(st.text(), st.integers() | st.booleans() | st.text(min_size=1), min_size=1)


@pytest.mark.parametrize(
    "said, wanted, same",
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": 1, "b": False}, False),
        ({"a": False}, {}, False),
        ({"a": 0}, {"a": False}, True),
        ({"a": 1, "b": None, "c": {"d": [], "e": "0001-01-01T00:00:00Z"}}, {"a": 1}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": [{}]}, {"a": []}, False),
    ],
)
def test_fields_without_content_do_not_count(said: Any, wanted: Any, same: bool) -> None:
    assert says("https://example.com/v1", said, json.dumps(wanted)) is same
    assert says(CUSTOM, {"Data": json.dumps(said), "Timestamp": "2026-01-01T00:00:00Z"}, json.dumps(wanted)) is same


def test_text() -> None:
    assert says("https://spdx.dev/Document", "SPDXVersion: 2\n", "SPDXVersion: 2")
    assert not says("https://spdx.dev/Document", "SPDXVersion: 2", "SPDXVersion: 3")
    assert not says(CUSTOM, {"Data": {"no": "text"}}, "text")
    assert not says("https://example.com/v1", None, "[" * 10000)


@given(documents, documents)
def test_what_differs_is_another_statement(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert says("t", one, json.dumps(one, indent=1))
    assert says("t", one, json.dumps(other)) == (one == other)
