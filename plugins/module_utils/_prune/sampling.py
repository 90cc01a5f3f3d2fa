# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one look at an engine tells about the last use of its images."""

from __future__ import annotations

from typing import Dict, Iterable, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import ContainerFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, container_images

ENDED = ("exited", "dead")
# A sample a week is enough to say "not in use"; after a longer silence the watch starts anew.
MAX_GAP = 8 * 86400


def sightings(containers: Iterable[ContainerFacts], index: NameIndex, now: int) -> Dict[str, int]:
    """Image id -> latest moment at which a container that still exists used it: now, or when it ended."""
    seen: Dict[str, int] = {}
    for container in containers:
        moment = now
        if container.state in ENDED and container.finished is not None:
            moment = max(container.finished, container.created or 0)
        for image in container_images(container, index):
            seen[image] = max(seen.get(image, 0), min(moment, now))
    return seen


def event_sightings(uses: Iterable[Tuple[Tuple[str, ...], int]], index: NameIndex) -> Dict[str, int]:
    """The same from events, given as (names, time); a name counts for the image that it means now."""
    seen: Dict[str, int] = {}
    for names, moment in uses:
        for name in names:
            for image in index.find(name):
                seen[image] = max(seen.get(image, 0), moment)
    return seen


def watched_since(sampled_since: int, last_run: int, now: int) -> int:
    """Since when use has been sampled without a long gap; `now` for a first run or after a long silence."""
    if not sampled_since or not last_run or now - last_run > MAX_GAP:
        return now
    return sampled_since
