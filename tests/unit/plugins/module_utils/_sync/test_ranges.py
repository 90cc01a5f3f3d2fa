# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of versions mean what they mean to npm."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.ranges import parse_range


def matching(text, *tags):
    found = parse_range("tags[0]", text)
    return [tag for tag in tags if found.matches(tag)]


@pytest.mark.parametrize(
    "text, inside, outside",
    [
        (">=1.2.3", "1.2.3 1.2.4 2.0.0 v1.2.3", "1.2.2 0.9.9"),
        (">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.2"),
        (">1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"),
        ("<1.2.3", "1.2.2 0.0.0", "1.2.3 1.2.4"),
        ("<=1.2.3", "1.2.3 1.0.0", "1.2.4"),
        ("<=1.2", "1.2.0 1.2.9", "1.3.0"),
        ("=1.2.3", "1.2.3 v1.2.3", "1.2.4 1.2.2"),
        ("1.2.3", "1.2.3", "1.2.4"),
        ("v1.2.3", "1.2.3", "1.2.4"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1", "1.0.0 1.9.9", "2.0.0 0.9.9"),
        ("1.x", "1.0.0 1.9.9", "2.0.0"),
        ("1.2.*", "1.2.0 1.2.9", "1.3.0"),
        ("*", "0.0.0 99.1.2", "latest"),
        ("x", "0.0.0 99.1.2", "latest"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("^1.x", "1.0.0 1.9.9", "2.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0"),
        (">=1.2 <2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        (">= 1.2 < 2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        ("1.x || >=3", "1.0.0 3.0.0 4.0.0", "2.0.0"),
        ("^1.2 || ~2.1.1||5", "1.3.0 2.1.4 5.6.7", "2.1.0 2.2.0 6.0.0"),
        (">=1.9", "1.10.0", "1.8.9"),
    ],
)
def test_ranges(text, inside, outside):
    assert matching(text, *inside.split(), *outside.split()) == inside.split()


@pytest.mark.parametrize("tag", ["1.2.3-rc1", "1.2.3-alpine", "1.2", "1", "latest", "1.2.3-rc.1-slim", "sha-abc"])
def test_only_full_releases_are_meant(tag):
    assert matching("*", tag, "1.2.3") == ["1.2.3"]


@pytest.mark.parametrize(
    "text", ["", "  ", "latest", "1.2-rc1", ">=", "1.0.0 - 2.0.0", "1.x ||", "|| 1", "!1.2", "1..2", ">>1"]
)
def test_what_is_no_range(text):
    with pytest.raises(PolicyError) as caught:
        parse_range("repositories[0].tags", text)
    assert "repositories[0].tags" in str(caught.value) and repr(text) in str(caught.value)
    assert "'>=1.2 <2'" in str(caught.value)
