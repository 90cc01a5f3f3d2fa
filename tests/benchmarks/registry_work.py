# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One tool at work on a copy of the full registry: requests by the registry's own access log, then garbage collection."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import measure
from own_registry import OwnRegistry
from registry_content import Manifest
from registry_images import REPOSITORY
from registry_stock import Stock
from registry_tools import Command, Place, Tool
from whole import pulls_whole

_LIMIT = 900.0
METHODS = ("GET", "HEAD", "DELETE")


@contextmanager
def carried_out(tool: Tool, stock: Stock, folder: Path) -> Iterator[tuple[dict[str, Any], OwnRegistry]]:
    """What it took, and the registry after the collection. The tool finds nothing of an earlier run but `before`'s."""
    assert tool.command is not None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    row: dict[str, Any] = {"tool": tool.name, "most": tool.most}
    with stock.copy() as registry:
        place = Place(registry.address, folder)
        if tool.before is not None:
            row["before"] = sum(_run(tool.before, place, registry)["by_method"].values())
        row.update(_run(tool.command, place, registry))
        row["requests"] = sum(row["by_method"].values())
        registry.collect(tool.delete_untagged)
        row["reclaimed"] = 1 - registry.blob_bytes() / stock.bytes
        row["blobs"] = len(registry.blobs())
        yield row, registry


def lost(registry: OwnRegistry, wanted: dict[str, Manifest | None]) -> list[str]:
    """The tags and digests that cannot be pulled whole, or are no longer what they were (where that is given)."""
    tags = registry.tags(REPOSITORY)
    moved = [name for name, was in wanted.items() if was is not None and tags.get(name) != was.digest]
    return [name for name in wanted if name in moved or pulls_whole(registry.address, REPOSITORY, name)]


def _run(command: Command, place: Place, registry: OwnRegistry) -> dict[str, Any]:
    registry.mark()
    run = measure.run(command(place), None, {}, place.folder, _LIMIT)
    by_method = Counter(one.method for one in registry.requests())
    return {"seconds": run.seconds, "trouble": run.trouble, "by_method": dict(by_method)}
