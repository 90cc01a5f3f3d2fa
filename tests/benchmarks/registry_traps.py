# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second comparison: the same work, with tags that share digests, signed images, and digests that hosts use."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Sequence

import registry_images as images
from registry_content import Manifest
from registry_fleet import observed
from registry_peers import Peer
from registry_stock import Stock
from registry_tools import OURS, Tool, peer_tools, retention
from registry_work import carried_out, lost
from whole import orphans


def compare(folder: Path, peers: Sequence[Peer], say: Callable[[str], None]) -> dict[str, Any]:
    """A row for every tool."""
    say("filling a registry with traps")
    shelf = images.with_traps()
    stock = Stock(folder / "stock", lambda address: images.fill(address, shelf))
    say("three hosts pull by digest")
    with stock.serve() as registry:
        ledger, engines = observed(folder, registry.address, shelf.used)
    tools = [
        Tool(OURS + ", with the ledger", retention(ledger=str(ledger))),
        Tool(OURS + ", without it", retention()),
        *peer_tools(peers),
    ]
    signatures: dict[str, Manifest | None] = {
        tag: None for manifest in shelf.signed_kept for tag in images.attached(manifest)
    }
    used: dict[str, Manifest | None] = dict.fromkeys(manifest.digest for manifest in shelf.used)
    rows: list[dict[str, Any]] = []
    for tool in tools:
        if tool.command is None:
            rows.append({"tool": tool.name, "missing": tool.missing})
            continue
        say("traps: " + tool.name)
        with carried_out(tool, stock, folder / "tool") as (row, registry):
            row["kept_lost"] = len(lost(registry, dict(shelf.kept)))
            row["used_lost"] = len(lost(registry, used))
            row["signatures_lost"] = len(lost(registry, signatures))
            row["wrong"] = row["kept_lost"] + row["used_lost"] + row["signatures_lost"]
            row["orphans"] = len(orphans(registry.address, images.REPOSITORY))
            row["old_left"] = len({*shelf.old, *shelf.moved} & set(registry.tags(images.REPOSITORY)))
            if tool is tools[0]:
                row["missed"] = _missed(row)
        rows.append(row)
    return {
        "tags": images.TAGS + len(shelf.moved),
        "keep": images.KEPT,
        "moved": len(shelf.moved),
        "signed_old": len(shelf.signed_old),
        "signed_kept": len(shelf.signed_kept),
        "signatures": len(signatures),
        "used": len(used),
        "engines": engines,
        "rows": rows,
    }


def _missed(row: dict[str, Any]) -> list[str]:
    found = [row["trouble"]] if row["trouble"] else []
    found += ["%d wrong deletions, not 0" % row["wrong"]] if row["wrong"] else []
    found += ["%d orphaned signatures left, not 0" % row["orphans"]] if row["orphans"] else []
    return found
