# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third comparison: a list of ten thousand tags over Link pages of a hundred; pages, tags lost, memory."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

import measure
import registry_content as content
from registry_content import Layer
from registry_images import REPOSITORY
from registry_peers import Peer
from registry_tools import HERE, OURS, Command, Place, ours, retention
from stand_in_registry import StandInRegistry

FEW, MANY, PAGE = 100, 10_000, 100
#: KiB that the list of ten thousand tags may cost beyond that of a hundred; and a plan over as many images.
MOST_FOR_LIST, MOST_FOR_PLAN = 8 * 1024, 96 * 1024
_LIMIT = 900.0


@dataclass(frozen=True)
class Lister:
    """`read` finds the tags in the output; `most` is the growth in KiB that is allowed, None for tools of others."""

    name: str
    command: Command | None
    read: Callable[[str], list[str]]
    missing: str = ""
    most: int | None = None


def compare(folder: Path, peers: Sequence[Peer], say: Callable[[str], None]) -> dict[str, Any]:
    """A row for every tool."""
    rows = []
    registries = {}
    for count in (FEW, MANY):
        # Without the referrers API, as docker-registry 2.8: what the stand-in needs to find referrers grows with its content.
        registries[count] = StandInRegistry(page_size=PAGE, referrers_api=False)
        _fill(registries[count], count)
    with registries[FEW], registries[MANY]:
        for lister in _listers(peers):
            if lister.command is None:
                rows.append({"tool": lister.name, "missing": lister.missing})
                continue
            say("listing: " + lister.name)
            few, many = (_list(lister, registries[count], count, folder) for count in (FEW, MANY))
            row = {"tool": lister.name, "few": few, "many": many, "growth": many["peak"] - few["peak"]}
            if lister.most is not None:
                row["most"] = lister.most
                row["missed"] = _missed(row)
            rows.append(row)
    return {"tags": MANY, "few": FEW, "page": PAGE, "rows": rows}


def _fill(registry: StandInRegistry, count: int) -> None:
    """As many images of one layer, which differ in their configuration."""
    layer = [Layer("shared")]
    for number in range(count):
        registry.content.put(REPOSITORY, content.image(layer, note=str(number)), "1.%d.0" % number)


def _listers(peers: Sequence[Peer]) -> list[Lister]:
    found = [
        Lister(OURS + ", list", ours("list"), lambda text: list(json.loads(text)["tags"]), most=MOST_FOR_LIST),
        Lister(
            OURS + ", whole plan",
            retention(False, repositories=[REPOSITORY], undo=False, count_bytes=False),
            lambda text: list(json.loads(text)["tags"]),
            most=MOST_FOR_PLAN,
        ),
    ]
    for peer in peers:
        found.append(_peer(peer))
    return found


def _peer(peer: Peer) -> Lister:
    is_crane = peer.name.startswith("crane")
    name = peer.name if peer.missing else peer.name + (" ls" if is_crane else " list-tags")
    if peer.missing:
        return Lister(name, None, lambda _text: [], peer.missing)
    if is_crane:
        return Lister(name, lambda place: [*peer.words, "ls", place.image], str.split)
    return Lister(
        name,
        lambda place: [*peer.words, "list-tags", "--tls-verify=false", "docker://" + place.image],
        lambda text: list(json.loads(text)["Tags"]),
    )


def _list(lister: Lister, registry: StandInRegistry, count: int, folder: Path) -> dict[str, Any]:
    assert lister.command is not None
    place = Place(registry.address, folder / "tool")
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)
    report = place.folder / "peak"
    registry.mark()
    words = [sys.executable, "-I", "-S", HERE / "registry_memory.py", report, *lister.command(place)]
    run = measure.run(words, None, {}, place.folder, _LIMIT)
    asked = registry.requests()
    tags = {"1.%d.0" % number for number in range(count)}
    return {
        "pages": sum(1 for one in asked if one.path.endswith("/tags/list")),
        "requests": len(asked),
        "lost": len(tags - set(lister.read(run.output))) if not run.trouble else count,
        "peak": int(report.read_text()) if report.exists() else 0,
        "seconds": run.seconds,
        "trouble": run.trouble,
    }


def _missed(row: dict[str, Any]) -> list[str]:
    many = row["many"]
    found = [many["trouble"]] if many["trouble"] else []
    found += ["%d tags lost, not 0" % many["lost"]] if many["lost"] else []
    if many["pages"] != MANY // PAGE:
        found.append("%d pages, not %d" % (many["pages"], MANY // PAGE))
    if row["growth"] > row["most"]:
        found.append("%d KiB more memory than for %d tags, not <= %d" % (row["growth"], FEW, row["most"]))
    return found
