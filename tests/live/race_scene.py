# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small registry of which half is to go, and somebody who does something at a chosen moment of that."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import registry_content as content
from janitor import WEB, tidy
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_content import Manifest
from registry_disk import lay
from whole import all_whole

RULES: dict[str, Any] = {"keep": [{"tags": ["2.0.0", "stable", "new", "free"]}], "retries": 1}


def build(seed: str, *more: Manifest) -> Manifest:
    """Two platforms of their own, and whatever else the index lists."""
    own = content.multi_platform(seed)
    return content.index([*own.children, *more], annotations={"build": seed})


OLD, OLDER, KEPT = build("old"), build("older"), build("kept")


@contextmanager
def releases(folder: Path) -> Iterator[OwnRegistry]:
    """Two releases that go, and one that stays, with a second tag that is elsewhere."""
    folder.mkdir()
    with OwnRegistry(folder) as found:
        lay(found, WEB, OLDER, "1.0.0")
        lay(found, WEB, OLD, "1.1.0")
        lay(found, WEB, KEPT, "2.0.0")
        lay(found, WEB, build("stable"), "stable")
        yield found


class Meanwhile:
    """Do something once, when the run has come to a point: before or after the `nth` request of a kind."""

    def __init__(self, proxy: MeddlingProxy, what: Callable[[], object]) -> None:
        self.done = 0
        self._proxy = proxy
        self._what = what
        self._seen = 0

    def _at(self, hit: bool, nth: int) -> None:
        if hit:
            self._seen += 1
            if self._seen == nth:
                self.done += 1
                self._what()

    def before(self, method: str, ending: str, nth: int = 1) -> "Meanwhile":
        self._proxy.before = lambda verb, path: self._at(verb == method and path.endswith(ending), nth)
        return self

    def after(self, method: str, ending: str, nth: int = 1) -> "Meanwhile":
        self._proxy.after = lambda verb, path, _status: self._at(verb == method and path.endswith(ending), nth)
        return self


def run(folder: Path, proxy: MeddlingProxy, **more: Any) -> dict[str, Any]:
    return tidy(folder, proxy.address, **{**RULES, "concurrency": 1, **more})


def check(registry: OwnRegistry, *tags: str) -> None:
    """These tags are there beside attachments, and everything is whole."""
    assert {tag for tag in registry.tags(WEB) if not tag.startswith("sha256-")} == set(tags)
    assert all_whole(registry.address, WEB) == []
