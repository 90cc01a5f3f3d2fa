# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region whose disk is full: what does not fit fails and tells why, all else arrives, and more room is all that it takes."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from archive import Layer
from regions import Regions
from registry_content import Manifest
from registry_pushing import push
from whole import all_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure

MIB = 1024 * 1024
SMALL_DISK, LARGE_DISK = "size=8m", "size=64m"
#: In the order in which they are brought: what does not fit is in the middle.
BEFORE, FULL, AFTER = "shop/api", "shop/web", "shop/zoo"


class Disk:
    """A file system of its own for what a registry stores."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "Disk":
        self.folder.mkdir(parents=True)
        self._must("mount", "-t", "tmpfs", "-o", SMALL_DISK, "lab", str(self.folder))
        return self

    def __exit__(self, *_what: object) -> None:
        self._must("umount", str(self.folder))

    def enlarge(self) -> None:
        self._must("mount", "-o", "remount," + LARGE_DISK, str(self.folder))

    def _must(self, *words: str) -> None:
        subprocess.run(words, check=True)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Regions, Disk]]:
    """The disk of the first of two regions is small; it goes when the registries are down."""
    regions = Regions(tmp_path, 2)
    with ExitStack() as stack:
        disk = stack.enter_context(Disk(regions.all[0].server.data))
        yield stack.enter_context(regions), disk


def image(seed: str, size: int) -> Manifest:
    return content.image([Layer(seed, size), Layer(seed + "-top")], note=seed)


def fill(regions: Regions) -> dict[tuple[str, str], Manifest]:
    """Small releases, and in a repository of its own a layer that is larger than the disk."""
    held = {(name, "1.0.0"): content.multi_platform("full-" + name) for name in (BEFORE, AFTER)}
    held[(FULL, "2.0.0")] = content.index([image("larger-than-the-disk", 12 * MIB)])
    held[(FULL, "latest")] = held[(FULL, "2.0.0")]
    for (name, tag), manifest in held.items():
        push(regions.source.address, name, manifest, tag)
    return held


def problems(regions: Regions) -> list[str]:
    """What is not whole, of anything that has a tag."""
    return [found for one in regions.all for name in (BEFORE, FULL, AFTER) for found in all_whole(one.address, name)]


def sync(regions: Regions) -> dict[str, Any]:
    options = regions.options(repositories=["shop/*"])
    for one in options["destinations"]:
        one["retries"] = 1
    return run_sync(parse_sync_options(options), True)


def test_what_does_not_fit_fails_and_comes_when_there_is_room(scene: tuple[Regions, Disk]) -> None:
    """The registry keeps what came of the layer until it purges uploads, so what comes after it may not fit either."""
    regions, disk = scene
    held = fill(regions)
    with pytest.raises(PartialFailure, match="region-0") as failed:
        sync(regions)
    rows = {(row["region"], row["repository"], row["tag"]): row for row in failed.value.result["plan"]}
    assert rows.keys() == {(region, *key) for region in ("region-0", "region-1") for key in held}
    after = rows.pop(("region-0", AFTER, "1.0.0"))
    assert {key: row["outcome"] for key, row in rows.items()} == {
        ("region-0", BEFORE, "1.0.0"): "done",
        ("region-0", FULL, "2.0.0"): "failed",
        ("region-0", FULL, "latest"): "failed",
        ("region-1", BEFORE, "1.0.0"): "done",
        ("region-1", FULL, "2.0.0"): "done",
        ("region-1", FULL, "latest"): "deferred",
        ("region-1", AFTER, "1.0.0"): "done",
    }
    for row in (rows[("region-0", FULL, "2.0.0")], after):
        assert row["outcome"] == "done" or "no space left on device" in row["error"]
    full, other = regions.all
    assert full.tags(BEFORE) == regions.source.tags(BEFORE) and full.tags(FULL) == {}
    assert full.tags(AFTER) == (regions.source.tags(AFTER) if after["outcome"] == "done" else {})
    assert other.tags(FULL).keys() == {"2.0.0"} and other.tags(AFTER) == regions.source.tags(AFTER)
    assert problems(regions) == []

    disk.enlarge()
    sync(regions)
    for name in (BEFORE, FULL, AFTER):
        assert full.tags(name) == other.tags(name) == regions.source.tags(name)
    assert problems(regions) == [] and not sync(regions)["changed"]
