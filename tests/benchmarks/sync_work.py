# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of one tool from a source to regions, with what the access logs of all tell of it."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import measure
from own_registry import OwnRegistry
from registry_images import REPOSITORY
from sync_tools import Tool, Way

_LIMIT = 900.0


@contextmanager
def region_registries(folder: Path, count: int) -> Iterator[list[OwnRegistry]]:
    """Empty ones that are gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        found = []
        for number in range(count):
            place = folder / ("region-%d" % number)
            place.mkdir(parents=True)
            found.append(stack.enter_context(OwnRegistry(place)))
        yield found


def run_tool(
    tool: Tool,
    source: OwnRegistry,
    regions: Sequence[OwnRegistry],
    folder: Path,
    addresses: Sequence[str] = (),
) -> dict[str, Any]:
    """Requests at the source and in regions, and what was read. `addresses`: ways to source and regions instead of their own."""
    assert tool.command is not None
    folder.mkdir(parents=True, exist_ok=True)
    for registry in (source, *regions):
        registry.mark()
    ways = list(addresses) or [registry.address for registry in (source, *regions)]
    done = measure.run(tool.command(Way(ways[0], ways[1:], folder)), None, {}, folder, _LIMIT)
    at_source = source.requests()
    blobs = [one for one in at_source if one.method == "GET" and "/blobs/" in one.path and one.status < 300]
    return {
        "tool": tool.name,
        "source": len(at_source),
        "regions": sum(len(region.requests()) for region in regions),
        "blobs": len(blobs),
        "bytes": sum(one.size for one in blobs),
        "seconds": done.seconds,
        "trouble": done.trouble,
        "output": done.output,
    }


def same_tags(source: OwnRegistry, region: OwnRegistry) -> int:
    """How many tags of the source point at the same digest in the region."""
    wanted, found = source.tags(REPOSITORY), region.tags(REPOSITORY)
    return sum(found.get(tag) == digest for tag, digest in wanted.items())


Say = Callable[[str], None]
