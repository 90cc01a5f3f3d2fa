# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that are compared: the command by which each keeps the newest twenty releases."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

from lab.paths import Cache
from registry_images import KEPT, REPOSITORY
from registry_peers import Peer, crane, skopeo

HERE = Path(__file__).resolve().parent
OURS = "imagefleet.docker"
#: Releases are what starts with a number: nobody takes signatures for them. The best that a shell does, eight at a time.
_LOOP = "%(list)s | grep '^[0-9]' | sort -V | head -n -%(kept)d | xargs -P 8 -I TAG sh -c '%(delete)s'"


@dataclass(frozen=True)
class Place:
    """The registry as host:port, and a folder for whatever the tool keeps."""

    address: str
    folder: Path

    @property
    def image(self) -> str:
        return "%s/%s" % (self.address, REPOSITORY)


Command = Callable[[Place], Sequence[object]]


@dataclass(frozen=True)
class Tool:
    """`missing` instead of a command says why there is none. `before` is counted by itself, `most` the requests it may need."""

    name: str
    command: Command | None
    missing: str = ""
    before: Command | None = None
    delete_untagged: bool = False
    most: int | None = None

    @property
    def ours(self) -> bool:
        return self.name.startswith(OURS)


def our_modes() -> list[Tool]:
    """This collection: as few requests as can be, everything it does by itself, and everything by build time."""
    least = {"repositories": [REPOSITORY], "undo": False, "count_bytes": False}
    clock = {"keep": [{"newest": KEPT, "order": "clock", "clock": "created"}]}
    return [
        Tool(OURS + ", no undo and bytes", retention(**least), before=ours("probe"), most=341),
        Tool(OURS + ", undo and bytes", retention(), most=630),
        Tool(OURS + ", by build time", retention(**clock), most=830),
    ]


def peers(cache: Cache) -> list[Peer]:
    return [crane(cache), skopeo(cache, "bookworm"), skopeo(cache, "forky")]


def peer_tools(found: Sequence[Peer]) -> list[Tool]:
    """Each with plain garbage collection, crane also with that of `-m`."""
    tools = [Tool(peer.name, None if peer.missing else _loop(peer), peer.missing) for peer in found]
    first = tools[0]
    return [*tools, Tool(first.name + ", collected with -m", first.command, first.missing, delete_untagged=True)]


def ours(what: str, apply: bool = False, **options: Any) -> Command:
    """A run of registry_ours.py; state, undo and cache lie in the tool's folder."""

    def command(place: Place) -> Sequence[object]:
        kept = {name + "_dir": str(place.folder / name) for name in ("state", "undo", "cache")}
        every = {"registry": place.address, "insecure": True, **kept, **options}
        if what != "retention":
            every = {name: every[name] for name in ("registry", "insecure", "cache_dir")}
        orders = place.folder / (what + ".json")
        orders.write_text(json.dumps({"do": what, "apply": apply, "repository": REPOSITORY, "options": every}))
        return [sys.executable, HERE / "registry_ours.py", orders]

    return command


def retention(apply: bool = True, **options: Any) -> Command:
    """Keep the newest twenty, at any age."""
    base: dict[str, Any] = {"keep": [{"newest": KEPT}], "delete": [{"repositories": "**"}], "minimum_age": "0"}
    return ours("retention", apply, **{**base, **options})


def _loop(peer: Peer) -> Command:
    def command(place: Place) -> Sequence[object]:
        if peer.name.startswith("crane"):
            listed = "%s ls %s" % (peer.shell, place.image)
            delete = "{0} delete {1}@$({0} digest {1}:TAG)".format(peer.shell, place.image)
        else:
            # One tag a line, in quotation marks.
            listed = "%s list-tags --tls-verify=false docker://%s | tr -d '\", '" % (peer.shell, place.image)
            delete = "%s delete --tls-verify=false docker://%s:TAG" % (peer.shell, place.image)
        return ["sh", "-c", _LOOP % {"list": listed, "delete": delete, "kept": KEPT}]

    return command
