# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the usual tools would have deleted although somebody still needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock, older_than
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import CONTAINERD
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.rows import Row
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, container_images

PRUNE = "docker image prune -a"
BUILD_DATE = "age rule by build date"
NEEDED = ("use", "protect", "other", "rule", "minimum_age")


@dataclass(frozen=True)
class NearMiss:
    """`peer` would have deleted `reference` (None: an image without a name); `needed_by` says who needs it.

    `rank` is the place of the kind of need among NEEDED: use first, an arrival a moment ago last.
    """

    reference: Optional[str]
    id: str
    peer: str
    needed_by: str
    rank: int = 0


def find_near_misses(judged: Judged, build_age: int) -> Tuple[NearMiss, ...]:
    """Rows that stay for a reason which `docker image prune -a`, or deleting builds older than `build_age` seconds, does not see.

    prune -a spares an image only for its containers; on overlay2 it also takes every name but one from an image in use,
    and the one left need not be the one that the container was started with (moby#36295).
    """
    index = NameIndex(judged.facts.images)
    by_container: Dict[str, str] = {}
    for container in judged.facts.containers:
        for image in container_images(container, index):
            by_container.setdefault(image, container.name)
    misses: List[NearMiss] = []
    for image, rows in judged.rows.items():
        for row in rows:
            verdict = judged.verdicts[row.key]
            if verdict.action != "keep":
                continue
            if image not in by_container and verdict.kept_by in NEEDED and not judged.children.get(image):
                created = Clock(judged.images[image].created, True, "")
                old = older_than(created, build_age, judged.facts.engine.now)
                peer = "%s, %s" % (PRUNE, BUILD_DATE) if old else PRUNE
                misses.append(NearMiss(row.shown, image, peer, verdict.reason, NEEDED.index(verdict.kept_by)))
            elif image in by_container and judged.facts.engine.store != CONTAINERD and _loses_name(row, rows):
                misses.append(
                    NearMiss(
                        row.shown,
                        image,
                        PRUNE,
                        "one of %d names of the image of container %s; prune leaves one, not necessarily this"
                        % (len(rows), by_container[image]),
                    )
                )
    return tuple(sorted(misses, key=lambda miss: (miss.rank, miss.reference or "~", miss.id)))


def _loses_name(row: Row, rows: List[Row]) -> bool:
    return row.name is not None and len(rows) > 1
