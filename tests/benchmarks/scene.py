# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine holds before every measurement: unused images, and containers on images with several names."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archive
import docker

#: How a used image came to be used, and how many of each; every container is created or exited, none runs.
KINDS = ("created by name", "exited", "created by id", "name moved on")
EACH = 4
USED = len(KINDS) * EACH
TIMEOUT = 900


@dataclass(frozen=True)
class Scene:
    """Ids of unused images, ids of used ones, every name of a used one, and the containers."""

    unused: frozenset[str]
    used: frozenset[str]
    used_names: frozenset[str]
    containers: tuple[str, ...]


def connect(socket: Path) -> Any:
    """A client of one engine; its timeout suits the slowest call."""
    return docker.APIClient(base_url="unix://%s" % socket, version="auto", timeout=TIMEOUT)


def names(size: int) -> list[list[str]]:
    """Names of `size` images: of the unused ones every tenth has two, of the used ones all have three but the last kind."""
    found = []
    for number, kind in enumerate(_kinds(size)):
        count = 1 if kind == KINDS[3] else 3 if kind else 2 if number % 10 == 9 else 1
        found.append(["corp.example/app-%04d:%s" % (number, tag) for tag in ("1.0", "stable", "other")[:count]])
    return found


def _kinds(size: int) -> list[str]:
    """Kind of every image, empty for an unused one. Used images share three of the ten middle layers only."""
    wanted = [kind for kind in KINDS for _each in range(EACH)]
    places = [number for number in range(size) if number % archive.MIDDLES < 3][: len(wanted)]
    kinds = dict(zip(places, wanted))
    return [kinds.get(number, "") for number in range(size)]


def prepare(socket: Path, source: Path, size: int) -> Scene:
    """Load the archive into an empty engine and make the containers."""
    if platform.machine() != "x86_64":
        raise RuntimeError("the images are made for x86_64, this machine is %s" % platform.machine())
    client = connect(socket)
    with open(source, "rb") as stream:
        for _line in client.load_image(stream):
            pass
    ids = {name: image["Id"] for image in client.images() for name in image["RepoTags"] or []}
    if len(set(ids.values())) != size:
        raise RuntimeError("%d images were to be loaded, the engine shows %d" % (size, len(set(ids.values()))))
    used = {kind: [] for kind in KINDS}  # type: dict[str, list[list[str]]]
    for tags, kind in zip(names(size), _kinds(size)):
        if kind:
            used[kind].append(tags)
    containers = []
    for kind in KINDS:
        for tags in used[kind]:
            containers.append(_container(client, ids[tags[0]] if kind == KINDS[2] else tags[len(tags) // 2], kind))
    for tags, other in zip(used[KINDS[3]], used[KINDS[0]]):
        repository, _colon, tag = tags[0].rpartition(":")
        client.tag(ids[other[0]], repository, tag)
    every = [name for kind in KINDS for tags in used[kind] for name in tags]
    kept = frozenset(ids[name] for name in every)
    return Scene(frozenset(ids.values()) - kept, kept, frozenset(every), tuple(containers))


def _container(client: Any, image: str, kind: str) -> str:
    config = client.create_host_config(network_mode="none")
    made: str = client.create_container(image, ["/bin/busybox", "true"], host_config=config)["Id"]
    if kind == KINDS[1]:
        client.start(made)
        client.wait(made)
    return made
