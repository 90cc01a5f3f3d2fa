# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms as they are written."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.platform import parse_platforms


@pytest.mark.parametrize(
    "value, parsed", [(None, ()), ([], ()), ("linux/amd64", ("linux/amd64",)), (["a/b", "a/b/c"], ("a/b", "a/b/c"))]
)
def test_platforms_are_parsed(value, parsed):
    assert parse_platforms("where", value) == parsed


@pytest.mark.parametrize("value", ["amd64", "linux/", "/amd64", "a/b/c/d", [1], "linux//v7"])
def test_what_is_no_platform(value):
    with pytest.raises(PolicyError, match="^where: .* is not a platform such as linux/amd64"):
        parse_platforms("where", value)
