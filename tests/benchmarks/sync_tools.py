# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that bring a repository to regions: the command of each, with its best flags."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

from registry_images import REPOSITORY
from registry_peers import Peer

HERE = Path(__file__).resolve().parent
OURS = "imagefleet.docker"
_PARENT = REPOSITORY.rpartition("/")[0]
#: Eight at a time, as the others do within themselves.
_LOOP = "%s | xargs -P 8 -I TAG sh -c '%s'"


@dataclass(frozen=True)
class Way:
    """From a source to regions, all as host:port; `folder` is for whatever the tool keeps."""

    source: str
    regions: Sequence[str]
    folder: Path


Command = Callable[[Way], Sequence[object]]


@dataclass(frozen=True)
class Tool:
    """`missing` instead of a command says why there is none."""

    name: str
    command: Command | None
    missing: str = ""

    @property
    def ours(self) -> bool:
        return self.name.startswith(OURS)


def ours(title: str = "", what: str = "sync", concurrency: int = 8, **options: Any) -> Tool:
    """State and cache lie in the tool's folder."""

    def command(way: Way) -> Sequence[object]:
        cache = {"cache_dir": str(way.folder / "cache"), "insecure": True, "concurrency": concurrency}
        every = {
            "source": {"registry": way.source, **cache},
            "destinations": [
                {"name": "region-%d" % at, "registry": one, **cache} for at, one in enumerate(way.regions)
            ],
            "repositories": [REPOSITORY],
            "state_dir": str(way.folder / "state"),
            **options,
        }
        orders = way.folder / "orders.json"
        orders.write_text(json.dumps({"do": what, "options": every}))
        return [sys.executable, HERE / "sync_ours.py", orders]

    return Tool(OURS + (", " + title if title else ""), command)


def sync_tools(found: Sequence[Peer], check: bool = False) -> list[Tool]:
    """One run each; with `check` only whether there is anything to do, where the tool has that."""
    return [Tool(peer.name, None if peer.missing else _of(peer, check), peer.missing) for peer in found]


def _of(peer: Peer, check: bool) -> Command:
    kind = peer.name.partition(" ")[0]
    make = {"crane": _crane, "skopeo": _skopeo, "oras": _oras}[kind]

    def command(way: Way) -> Sequence[object]:
        return ["sh", "-ec", "\n".join(make(peer.shell, way.source, region, check) for region in way.regions)]

    return command


def _crane(words: str, source: str, region: str, check: bool) -> str:
    jobs = 16 if check else 8
    return "%s cp -a -j %d %s/%s %s/%s" % (words, jobs, source, REPOSITORY, region, REPOSITORY)


def _skopeo(words: str, source: str, region: str, check: bool) -> str:
    flags = "--all --src docker --dest docker --src-tls-verify=false --dest-tls-verify=false --retry-times 5"
    flags += " --keep-going --preserve-digests" + (" --dry-run" if check else "")
    return "%s --insecure-policy sync %s %s/%s %s/%s" % (words, flags, source, REPOSITORY, region, _PARENT)


def _oras(words: str, source: str, region: str, check: bool) -> str:
    listed = "%s repo tags --plain-http %s/%s" % (words, source, REPOSITORY)
    copy = "%s cp -r --from-plain-http --to-plain-http %s/%s:TAG %s/%s:TAG" % (
        words, source, REPOSITORY, region, REPOSITORY,
    )  # fmt: skip
    return _LOOP % (listed, copy)
