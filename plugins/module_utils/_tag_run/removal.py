# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking tags away, floating ones first, each compared right before; the image itself always stays."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.apply import Outcome, Place
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    DONE,
    FAILED,
    PLANNED,
    REFUSED,
    Row,
)


def take_away(place: Place, rows: Sequence[Row], apply: bool) -> List[Outcome]:
    """What a place cannot do is asked in check mode too, so that both tell the same. Never raises for a single tag."""
    going = [row for row in reversed(rows) if row.changes]
    refused = place.why_staying([row.name for row in going]) if going else {}
    done = {row.name: Outcome(row, None) for row in rows if not row.changes}
    for row in going:
        if row.name in refused:
            done[row.name] = Outcome(row, REFUSED, refused[row.name])
        else:
            done[row.name] = _take_one(place, row) if apply else Outcome(row, PLANNED)
    return [done[row.name] for row in rows]


def _take_one(place: Place, row: Row) -> Outcome:
    try:
        now = place.digest(row.name)
        if now is not None and now != row.previous:
            return Outcome(row, REFUSED, "somebody else moved it to %s meanwhile, so it stays" % now)
        if now is not None:
            place.remove(row.name, now)
        return Outcome(row, DONE)
    except FleetError as error:
        return Outcome(row, FAILED, str(error))
