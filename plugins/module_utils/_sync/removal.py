# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of regions that the source has no more: when they may go (S14)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import PLANNED, REMOVE, Row, hold

# Seconds between two complete lists of the source that both lack the tag.
APART = 86400
DEFAULT_MAXIMUM = 10


@dataclass(frozen=True)
class Vanished:
    """A tag that a sync made in a region, pointing at `digest`, and that the source's lists lack since `since` (epoch seconds)."""

    region: str
    repository: str
    source: str
    tag: str
    digest: str
    since: int


def plan_removal(
    vanished: Sequence[Vanished], now: int, maximum: int, distrust: Optional[str]
) -> Tuple[List[Row], Optional[str]]:
    """A row for each, planned when it may go, and why none may although some could.

    `maximum` counts tags of the source, in however many regions they are. A source that lost more than that is looked at by people
    first. `distrust` says why the clocks decide nothing.
    """
    rows = [_judge(one, now, distrust) for one in vanished]
    due = {(one.source, one.tag) for one, row in zip(vanished, rows) if row.action == REMOVE}
    if len(due) <= maximum:
        return rows, None
    why = "the source has lost %d tags, and max_removals is %d: none is removed; look why, then raise it" % (
        len(due),
        maximum,
    )
    return [hold(row, why) if row.action == REMOVE else row for row in rows], why


def _judge(one: Vanished, now: int, distrust: Optional[str]) -> Row:
    reason = "lists of the source lack it since %s" % told_time(one.since)
    row = Row(
        one.region, one.repository, one.tag, one.digest, one.digest, REMOVE, reason, False, one.source, one.digest
    )
    if distrust is not None:
        return hold(row, distrust)
    if now - one.since < APART:
        return hold(row, "it may go from %s on" % told_time(one.since + APART))
    return replace(row, outcome=PLANNED)
