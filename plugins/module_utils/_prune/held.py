# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Space that no deletion of an unused image frees, and who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import ContainerFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, container_images

LONG_AGO = 7 * 86400
EXITED = ("exited", "dead")


@dataclass(frozen=True)
class Held:
    """`holder` keeps `bytes` from being freed; `names` are its containers or images."""

    holder: str
    bytes: int
    names: Tuple[str, ...]
    detail: str


def find_held(judged: Judged, holdings: Holdings) -> Tuple[Held, ...]:
    """Bytes held only by containers that ended long ago, and bytes of unused images that the build cache holds as well."""
    found: List[Held] = []
    index = NameIndex(judged.facts.images)
    users: Dict[str, List[ContainerFacts]] = {}
    for container in judged.facts.containers:
        for image in container_images(container, index):
            users.setdefault(image, []).append(container)
    now = judged.facts.engine.now
    stale: List[str] = []
    names: List[str] = []
    for image, containers in sorted(users.items()):
        ended = [
            one
            for one in containers
            if one.state in EXITED and one.finished is not None and now - one.finished >= LONG_AGO
        ]
        if len(ended) == len(containers) == len(judged.users.get(image, ())):
            stale.append(image)
            names += ["%s (ended %s ago)" % (one.name, format_duration(now - (one.finished or now))) for one in ended]
    if stale:
        found.append(
            Held(
                "containers that exited long ago",
                holdings.total(stale).high,
                tuple(names),
                "remove them (`docker container rm`) and their images can be judged like any other",
            )
        )
    unused = [image for image in judged.images if image not in judged.users]
    cached = holdings.cache_bytes(unused)
    if cached:
        found.append(
            Held("build cache", cached, (), "deleting the images frees these bytes only after `docker builder prune`")
        )
    return tuple(found)
