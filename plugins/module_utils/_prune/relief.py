# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under disk pressure: which of the allowed deletions are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem, Need


@dataclass(frozen=True)
class Relief:
    """What pressure made of the plan. `unreachable` explains why the target cannot be met, None when it can."""

    images: Tuple[str, ...]
    unreachable: Optional[str]


def relieve(judged: Judged, holdings: Holdings, need: Need, disk: FileSystem) -> Relief:
    """Keep only the deletions that the pressure asks for; the rules have already said what may go.

    Without pressure nothing goes. Oldest last-seen first, until the need is met; images that would free nothing stay.
    When even all of them cannot end the pressure, none goes: the disk is full of something else.
    Inodes cannot be foretold: when they are needed, everything allowed is planned and the deletion itself stops at the target.
    """
    allowed = [image for image in judged.ordered_images() if judged.deletes_all_of(image)]
    if not need.pressing:
        _keep_others(judged, (), "no pressure: %s" % need.text)
        return Relief((), None)
    if need.inodes:
        chosen = holdings.useful(allowed)
        _keep_others(judged, tuple(chosen), "would free nothing")
        return Relief(tuple(chosen), None if chosen else _explain(judged, holdings, need, disk, 0))
    chosen = _enough(allowed, holdings, need.bytes)
    freed = holdings.total(chosen)
    reached = freed.low >= need.bytes
    if not reached and freed.high < need.relief:
        why = _explain(judged, holdings, need, disk, freed.high)
        _keep_others(judged, (), "target unreachable, deleting it would not end the pressure: %s" % need.text)
        return Relief((), why)
    _keep_others(judged, tuple(chosen), "the low watermark is reached without it, or it would free nothing")
    return Relief(tuple(chosen), None if reached else _explain(judged, holdings, need, disk, freed.high))


def _enough(allowed: List[str], holdings: Holdings, need: int) -> List[str]:
    freed = 0
    chosen: List[str] = []
    for image, gain in zip(allowed, holdings.marginal(allowed)):
        if freed >= need:
            break
        chosen.append(image)
        freed += gain.low
    return holdings.useful(chosen)


def _keep_others(judged: Judged, chosen: Tuple[str, ...], reason: str) -> None:
    for image, rows in judged.rows.items():
        if image in chosen:
            continue
        for row in rows:
            if judged.verdicts[row.key].action == "delete":
                judged.keep(row.key, reason, "pressure")


def _explain(judged: Judged, holdings: Holdings, need: Need, disk: FileSystem, freeable: int) -> str:
    images = holdings.everything()
    in_use = holdings.total([image for image in judged.images if image in judged.users]).high
    rest = max(disk.used - images, 0)
    return (
        "%s; %s must go, the rules allow %s. All images together hold %s (%s of it only images in use); the other %s are not images "
        "but containers' own files, volumes, logs, build cache or foreign data: look at `docker system df -v` and `du -xh --max-depth=2 %s`."
        % (
            need.text,
            format_size(need.bytes) if need.bytes else "%d inodes" % need.inodes,
            format_size(freeable),
            format_size(images),
            format_size(in_use),
            format_size(rest),
            disk.path,
        )
    )
