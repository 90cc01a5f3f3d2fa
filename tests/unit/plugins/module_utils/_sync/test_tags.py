# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags of a repository are meant."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.tags import parse_tags

SIGNATURE = "sha256-" + "a" * 64 + ".sig"
TAGS = ["latest", "2.1.0", "1.4.2", "1.5.0", "1.5.0-alpine", "2.2.0-rc1", "main", SIGNATURE]


@pytest.mark.parametrize(
    "value, chosen",
    [
        (None, "latest 2.1.0 1.4.2 1.5.0 1.5.0-alpine 2.2.0-rc1 main"),
        ([], "latest 2.1.0 1.4.2 1.5.0 1.5.0-alpine 2.2.0-rc1 main"),
        ("latest", "latest"),
        (["latest", "main"], "latest main"),
        ("semver:1.x", "1.4.2 1.5.0"),
        (["semver:>=2", "latest"], "latest 2.1.0"),
        (["semver:>=2", "semver:~1.4"], "2.1.0 1.4.2"),
        (["semver:*", "!1.5.0"], "2.1.0 1.4.2"),
        (["!latest", "!regex:.*-.*"], "2.1.0 1.4.2 1.5.0 main"),
        (["1.*", "!*-alpine"], "1.4.2 1.5.0"),
    ],
)
def test_tags_are_chosen_in_their_order(value, chosen):
    assert parse_tags("tags", value).choose(TAGS) == chosen.split()


def test_signatures_are_never_chosen_by_name():
    assert parse_tags("tags", ["sha256-*", "latest"]).choose(TAGS) == ["latest"]


@pytest.mark.parametrize("value", [1.1, [2], ["semver:nonsense"], ["latest", ""], {"a": 1}])
def test_what_is_no_selection(value):
    with pytest.raises(PolicyError, match="^where: "):
        parse_tags("where", value)


@pytest.mark.parametrize("value", ["!semver:1.x", "! semver:1.x", " semver:1.x"])
def test_a_range_that_would_mean_nothing_is_refused(value):
    """As a pattern it would match no tag at all: the exclusion would be silently lost."""
    with pytest.raises(PolicyError, match="^where: .*cannot be excluded"):
        parse_tags("where", ["latest", value])
