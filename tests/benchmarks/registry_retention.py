# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first comparison: keep the newest twenty of a hundred releases of two platforms, then collect garbage."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Sequence

import registry_images as images
from registry_peers import Peer
from registry_stock import Stock
from registry_tools import our_modes, peer_tools
from registry_work import carried_out, lost

#: Of the stored bytes, at least; the best possible is told beside it.
LEAST_RECLAIMED = 0.78


def compare(folder: Path, peers: Sequence[Peer], say: Callable[[str], None]) -> dict[str, Any]:
    """A row for every tool."""
    say("filling a registry")
    shelf = images.plain()
    stock = Stock(folder / "stock", lambda address: images.fill(address, shelf))
    rows: list[dict[str, Any]] = []
    for tool in [*our_modes(), *peer_tools(peers)]:
        if tool.command is None:
            rows.append({"tool": tool.name, "missing": tool.missing})
            continue
        say("retention: " + tool.name)
        with carried_out(tool, stock, folder / "tool") as (row, registry):
            row["kept"] = len(shelf.kept) - len(lost(registry, dict(shelf.kept)))
            row["old_left"] = len(set(shelf.old) & set(registry.tags(images.REPOSITORY)))
            if tool.ours:
                row["missed"] = _missed(row)
        rows.append(row)
    best = 1 - shelf.least_left() / stock.bytes
    return {
        "tags": images.TAGS,
        "keep": images.KEPT,
        "bytes": stock.bytes,
        "blobs": stock.blobs,
        "best": best,
        "rows": rows,
    }


def _missed(row: dict[str, Any]) -> list[str]:
    found = [row["trouble"]] if row["trouble"] else []
    if row["requests"] > row["most"]:
        found.append("%d requests, not <= %d" % (row["requests"], row["most"]))
    if row["reclaimed"] < LEAST_RECLAIMED:
        found.append("%.1f %% reclaimed, not >= %.0f %%" % (100 * row["reclaimed"], 100 * LEAST_RECLAIMED))
    if row["kept"] != images.KEPT:
        found.append("%d of %d kept images can be pulled" % (row["kept"], images.KEPT))
    return found
