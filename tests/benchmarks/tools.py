# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that are compared: how each is told to preview and to delete everything unused, and what it answers."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Sequence

import community

HERE = Path(__file__).resolve().parent
OURS = "imagefleet.docker"
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Place:
    """What a command may need: the socket to use, a folder of its own, the private docker command line."""

    socket: Path
    folder: Path
    docker: Path


Command = Callable[[Place], Sequence[object]]


@dataclass(frozen=True)
class Preview:
    """What a preview promises: (beginnings of) image ids, and bytes with an upper bound; None is not told."""

    images: tuple[str, ...] | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Tool:
    """A column text instead of a command says why there is none."""

    name: str
    preview: Command | str
    delete: Command | str
    read: Callable[[str], Preview] = lambda _text: Preview()
    env: dict[str, str] = field(default_factory=dict)
    #: Run before every preview; its time does not count.
    before: Command | None = None


def forget(place: Place) -> None:
    """Make the next run of this collection a first run."""
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)


def tools(peers: Path) -> list[Tool]:
    """All of them, this collection first; `peers` is where community.docker is unpacked."""
    return [
        Tool(OURS, _ours("preview"), _ours("apply"), _read_ours),
        Tool(
            OURS + ", later runs",
            _ours("preview"),
            "the same as a first run but for the preview",
            _read_ours,
            before=_ours("remember"),
        ),
        Tool(
            "docker image prune -a",
            lambda place: [place.docker, "system", "df", "--format", "{{json .}}"],
            lambda place: [place.docker, "image", "prune", "--all", "--force"],
            _read_df,
        ),
        _community(peers),
        _command(
            "dcgc", ["--dry-run", "--max-image-age", "1s"], ["--max-image-age", "1s", "--timeout", "600"], _read_dcgc
        ),
        _command("docker-prune-plan", ["image", "--all", "--json"], "it only previews", _read_prune_plan),
    ]


def _ours(mode: str) -> Command:
    return lambda place: [sys.executable, HERE / "ours.py", place.socket, place.folder, mode]


def _command(name: str, preview: Sequence[str], delete: Sequence[str] | str, read: Callable[[str], Preview]) -> Tool:
    """A program of this environment."""
    program = Path(sys.executable).parent / name
    if not program.exists():
        missing = "cannot be had: there is no %s in this environment" % name
        return Tool(name, missing, missing)
    chosen = delete if isinstance(delete, str) else lambda _place: [program, *delete]
    return Tool(name, lambda _place: [program, *preview], chosen, read)


def _community(peers: Path) -> Tool:
    """The module's own process, as it runs on a host; Ansible's start is left out, as it is for this collection."""
    name = "docker_prune"
    try:
        path = community.fetch(peers)
    except community.Unavailable as error:
        return Tool(name, "cannot be had: %s" % error, "cannot be had: %s" % error)

    def delete(place: Place) -> Sequence[object]:
        options = {"docker_host": "unix://%s" % place.socket, "images": True, "images_filters": {"dangling": False}}
        options["timeout"] = 600
        arguments = place.folder / "docker_prune.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        return [sys.executable, "-m", "ansible_collections.community.docker.plugins.modules.docker_prune", arguments]

    return Tool(name, "it has none (no check mode)", delete, env={"PYTHONPATH": str(path)})


def _read_ours(text: str) -> Preview:
    result = json.loads(text)
    summary = result["summary"]
    return Preview(tuple(result["images"]), summary["reclaimable_bytes"], summary["reclaimable_bytes_max"])


def _read_prune_plan(text: str) -> Preview:
    result = json.loads(text)
    size = result["plan_reclaimable_bytes"]
    return Preview(tuple("sha256:" + item["id"] for item in result["items"]), size, size)


def _read_dcgc(text: str) -> Preview:
    return Preview(tuple(re.findall(r"(?m)^Removing image (\S+)", text)))


def _read_df(text: str) -> Preview:
    """`docker system df`, since prune itself shows nothing beforehand."""
    (images,) = (row for row in map(json.loads, text.splitlines()) if row["Type"] == "Images")
    found = re.match(r"(-?[0-9.]+)([kMGT]?B)", images["Reclaimable"])
    if not found:
        return Preview()
    size = int(float(found[1]) * _UNITS[found[2]])
    return Preview(None, size, size)
