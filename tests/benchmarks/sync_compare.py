# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C to G: first and second runs, three regions, a faulty source, and a look from afar."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Sequence

import registry_content as content
import registry_images as images
from faults import FLIP, TRUNCATE, Fault, refuse
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_disk import lay
from registry_peers import Peer
from registry_stock import Stock
from sync_delay import far_away
from sync_tools import OURS, Tool, ours, sync_tools
from sync_work import Say, region_registries, run_tool, same_tags
from whole import all_whole

MANY = 1000
FAULTY, FAR, DELAY = 30, 200, 0.05
MOST_SECONDS = 1.5
IMMUTABLE = {"immutable_tags": "**"}
#: One in so many requests, as often as in the figures that are known of these tools.
FAULTS: dict[str, tuple[Fault, str, int]] = {
    "none": (Fault(), "^$", 1),
    "429, Retry-After": (refuse(429, Retry_After="1"), "/v2/.", 10),
    "503": (refuse(503), "/v2/.", 10),
    "cut in half": (TRUNCATE, "/blobs/", 20),
    "a flipped byte": (FLIP, "/blobs/", 20),
}


def compare_runs(folder: Path, peers: Sequence[Peer], say: Say) -> dict[str, Any]:
    """First syncs of 100 two-platform tags and a second run after each (D, C), then a second run of 1000 tags."""

    def compared(tool: Tool, source: OwnRegistry, _distinct: int) -> dict[str, Any]:
        with region_registries(folder / "regions", 1) as regions:
            first = run_tool(tool, source, regions, folder / tool.name)
            row: dict[str, Any] = {"tool": tool.name, "first": first, "copied": same_tags(source, regions[0])}
            row["second"] = run_tool(tool, source, regions, folder / tool.name)
            if tool.ours:
                row["fixed"] = run_tool(ours("never moving", **IMMUTABLE), source, regions, folder / tool.name)
                row["missed"] = _missed_runs(row, images.TAGS)
        return row

    found = _each(folder, peers, lambda tool: say("first and second run: " + tool.name), compared)
    return {**found, "many": _many(folder / "many", peers, say)}


def _each(
    folder: Path,
    peers: Sequence[Peer],
    before: Callable[[Tool], None],
    compared: Callable[[Tool, OwnRegistry, int], dict[str, Any]],
) -> dict[str, Any]:
    """A row for every tool, each from the same full source; `compared` gets how many blobs that has beside manifests."""
    shelf = images.plain()
    stock = Stock(folder / "stock", lambda address: images.fill(address, shelf))
    rows = []
    with stock.serve() as source:
        distinct = len(source.blobs()) - 3 * images.TAGS
        for tool in [ours(), *sync_tools(peers)]:
            if tool.command is None:
                rows.append({"tool": tool.name, "missing": tool.missing})
                continue
            before(tool)
            rows.append(compared(tool, source, distinct))
    return {"tags": images.TAGS, "blobs": distinct, "rows": rows}


def _many(folder: Path, peers: Sequence[Peer], say: Say) -> list[dict[str, Any]]:
    """Nothing to do for 1000 tags of one image each, on both sides laid into the storage."""
    rows = []
    for name in ("source", "region"):
        (folder / name).mkdir(parents=True)
    with OwnRegistry(folder / "source") as source, OwnRegistry(folder / "region") as region:
        for number in range(MANY):
            image = content.simple("many-%d" % number)
            for registry in (source, region):
                lay(registry, images.REPOSITORY, image, "1.%d.0" % number)
        for tool in [ours(), ours("never moving", **IMMUTABLE), *sync_tools(peers)]:
            if tool.command is None:
                continue
            say("nothing to do for %d tags: %s" % (MANY, tool.name))
            row = run_tool(tool, source, [region], folder / tool.name)
            if tool.ours:
                most = 0.04 if "never" in tool.name else 2.01
                row["missed"] = _too_many(row, MANY, most)
            rows.append(row)
    return rows


def compare_regions(folder: Path, peers: Sequence[Peer], say: Say) -> dict[str, Any]:
    """E: three regions at once."""

    def compared(tool: Tool, source: OwnRegistry, distinct: int) -> dict[str, Any]:
        with region_registries(folder / "regions", 3) as regions:
            row = run_tool(tool, source, regions, folder / tool.name)
            row["copied"] = sum(same_tags(source, region) for region in regions)
        if tool.ours:
            row["missed"] = [row["trouble"]] if row["trouble"] else []
            if row["blobs"] != distinct:
                row["missed"].append("%d blobs read, not %d" % (row["blobs"], distinct))
            if row["copied"] != 3 * images.TAGS:
                row["missed"].append("%d of %d tags arrived" % (row["copied"], 3 * images.TAGS))
        return row

    return _each(folder, peers, lambda tool: say("three regions: " + tool.name), compared)


def compare_faults(folder: Path, peers: Sequence[Peer], say: Say) -> dict[str, Any]:
    """F: thirty tags from a source on whose way things go wrong."""
    (folder / "source").mkdir(parents=True)
    rows = []
    with OwnRegistry(folder / "source") as source:
        for number in range(FAULTY):
            lay(source, images.REPOSITORY, content.multi_platform("faulty-%d" % number), "1.%d.0" % number)
        for tool in [ours(), *sync_tools(peers)]:
            if tool.command is None:
                rows.append({"tool": tool.name, "missing": tool.missing})
                continue
            row: dict[str, Any] = {"tool": tool.name, "faults": {}, "trouble": ""}
            for name, (fault, path, every) in FAULTS.items():
                say("%s at the source: %s" % (name, tool.name))
                with region_registries(folder / "regions", 1) as regions, MeddlingProxy(source.address) as way:
                    way.faults.add(fault, path=path, every=every)
                    place = folder / tool.name / name.replace(" ", "-")
                    done = run_tool(tool, source, regions, place, [way.address, regions[0].address])
                    copied = same_tags(source, regions[0])
                    broken = len(all_whole(regions[0].address, images.REPOSITORY))
                row["faults"][name] = {"copied": copied, "broken": broken, "seconds": done["seconds"]}
            if tool.ours:
                row["missed"] = [
                    "%s: %d of %d tags, %d broken" % (name, one["copied"], FAULTY, one["broken"])
                    for name, one in row["faults"].items()
                    if one["copied"] != FAULTY or one["broken"]
                ]
            rows.append(row)
    return {"tags": FAULTY, "rows": rows}


def compare_drift(folder: Path, peers: Sequence[Peer], say: Say) -> dict[str, Any]:
    """G: is there anything to do? 200 tags, both sides far away."""
    for name in ("source", "region"):
        (folder / name).mkdir(parents=True)
    rows = []
    with OwnRegistry(folder / "source") as source, OwnRegistry(folder / "region") as region:
        for number in range(FAR):
            for registry in (source, region):
                lay(registry, images.REPOSITORY, content.simple("far-%d" % number), "1.%d.0" % number)
        with far_away(source.address, DELAY) as far_source, far_away(region.address, DELAY) as far_region:
            tools: list[Tool] = [
                ours("drift", what="drift"),
                ours("drift, 16 at a time", "drift", 16),
                ours("drift, 32 at a time", "drift", 32),
            ]
            for tool in [*tools, *sync_tools(peers, check=True)]:
                if tool.command is None:
                    rows.append({"tool": tool.name, "missing": tool.missing})
                    continue
                say("drift from afar: " + tool.name)
                row = run_tool(tool, source, [region], folder / tool.name, [far_source, far_region])
                rows.append(row)
    mine = [row for row in rows if row["tool"].startswith(OURS)]
    others = [row["seconds"] for row in rows if row not in mine and "missing" not in row and not row["trouble"]]
    for row in mine:
        row["missed"] = [row["trouble"]] if row["trouble"] else []
    best = min(row["seconds"] for row in mine)
    if best > MOST_SECONDS or best > min(others, default=best):
        mine[0]["missed"].append("%.2f s, not <= %.1f s and ahead of the others" % (best, MOST_SECONDS))
    return {"tags": FAR, "delay": DELAY, "rows": rows}


def _missed_runs(row: dict[str, Any], tags: int) -> list[str]:
    found = ["%d of %d tags arrived" % (row["copied"], tags)] if row["copied"] != tags else []
    for part, most in (("first", 30), ("second", 2.01), ("fixed", 0.04)):
        found += _too_many(row[part], tags, most)
    return found


def _too_many(run: dict[str, Any], tags: int, most: float) -> list[str]:
    count = run["source"] + run["regions"]
    found = [run["trouble"]] if run["trouble"] else []
    # 2.01 times 100 is 201, and not what floats make of it.
    return found + (["%.2f requests per tag, not <= %s" % (count / tags, most)] if count > round(most * tags) else [])
