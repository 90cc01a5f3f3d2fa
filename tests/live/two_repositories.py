# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small registry for tests of what goes wrong in one repository and must not touch the other."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import registry_content as content
from janitor import WEB
from own_registry import OwnRegistry
from registry_disk import lay
from whole import all_whole

API = "shop/api"
RELEASES = ("1.0.0", "1.1.0", "2.0.0")
#: Under these two of the three releases may go.
RULES: dict[str, Any] = {"keep": [{"newest": 1}], "retries": 2}


@contextmanager
def two_repositories(folder: Path) -> Iterator[OwnRegistry]:
    """A registry with three releases, by the same tags in both repositories."""
    folder.mkdir()
    with OwnRegistry(folder) as registry:
        for repository in (WEB, API):
            for tag in RELEASES:
                lay(registry, repository, content.multi_platform(repository + tag), tag)
        yield registry


def check(registry: OwnRegistry, **tags: set[str]) -> None:
    """These tags are there, and every one can be pulled whole."""
    for name, expected in tags.items():
        assert set(registry.tags("shop/" + name)) == expected
        assert all_whole(registry.address, "shop/" + name) == []
