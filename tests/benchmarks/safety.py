# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deletion left behind: names of used images, containers that still start, unused images that stayed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import scene
from docker.errors import APIError


@dataclass(frozen=True)
class Damage:
    """Counts after a deletion; `example` is the engine's word on the first container that does not start."""

    names_lost: int
    images_lost: int
    containers_broken: int
    unused_left: int
    example: str


def look(socket: Path, before: scene.Scene) -> Damage:
    """Compare the engine with the scene and start every container."""
    client = scene.connect(socket)
    listed = client.images(all=True)
    there = {image["Id"] for image in listed}
    held = {name for image in listed for name in image["RepoTags"] or []}
    broken = []
    for container in before.containers:
        try:
            client.start(container)
            code = client.wait(container)["StatusCode"]
            if code != 0:
                broken.append("exit code %d" % code)
        except APIError as error:
            broken.append(str(error.explanation or error))
    return Damage(
        names_lost=len(before.used_names - held),
        images_lost=len(before.used - there),
        containers_broken=len(broken),
        unused_left=len(before.unused & there),
        example=broken[0] if broken else "",
    )
