# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting tags, each compared right before, floating ones last and looked at once more afterwards.

No registry moves a tag on condition, so two runs can meet. Each publishes its version before it looks where floating tags belong, and
looks again after it moved them: whichever writes last sees the higher release and gives way to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Sequence, Union

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.engine_tags import EngineTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.registry_tags import RegistryTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    DONE,
    FAILED,
    HOLD,
    PLANNED,
    REFUSED,
    Row,
    higher_release,
)

# So often a tag that others move at the same time is looked at anew.
ROUNDS = 10
Place = Union[RegistryTags, EngineTags]


@dataclass(frozen=True)
class Outcome:
    """A row as it came out; `outcome` is None where there was nothing to do."""

    row: Row
    outcome: Optional[str]
    error: Optional[str] = None

    @property
    def changed(self) -> bool:
        return self.outcome in (PLANNED, DONE)

    @property
    def digest(self) -> Optional[str]:
        """What the tag means now, or would mean."""
        return self.row.previous if self.outcome in (FAILED, REFUSED) else self.row.digest


def planned(rows: Sequence[Row]) -> List[Outcome]:
    """What check mode tells."""
    return [Outcome(row, PLANNED if row.changes else None) for row in rows]


def set_tags(place: Place, rows: Sequence[Row]) -> List[Outcome]:
    """Never raises for what a registry or engine does: the outcomes tell."""
    done: Dict[str, Outcome] = {row.name: Outcome(row, None) for row in rows if not row.changes}
    for row in rows:
        if row.changes and row.wanted.release is None:
            done[row.name] = _set_one(place, row)
    floating = [row for row in rows if row.changes and row.wanted.release is not None]
    failed = next((name for name, one in done.items() if one.outcome == FAILED), None)
    if failed is not None:
        why = "not moved, because %s could not be set" % failed
        done.update({row.name: Outcome(row, FAILED, why) for row in floating})
    elif floating:
        done.update(_move(place, floating))
    return [done[row.name] for row in rows]


def _set_one(place: Place, row: Row) -> Outcome:
    try:
        now = place.digest(row.name)
        if now == row.digest:
            return Outcome(row, DONE)
        if now != row.previous:
            return Outcome(row, FAILED, _moved(row, now))
        place.put(row.name, str(row.digest))
        return Outcome(row, DONE)
    except FleetError as error:
        return Outcome(row, FAILED, str(error))


def _moved(row: Row, now: Optional[str]) -> str:
    return "somebody else moved it from %s to %s meanwhile, so it was not set to %s; run again to compare it anew" % (
        row.previous,
        now,
        row.digest,
    )


def _move(place: Place, rows: Sequence[Row]) -> Dict[str, Outcome]:
    done: Dict[str, Outcome] = {}
    waiting = list(rows)
    for _round in range(ROUNDS):
        if not waiting:
            break
        again: List[Row] = []
        try:
            listed = place.names()
        except FleetError as error:
            return {**{row.name: Outcome(row, FAILED, str(error)) for row in waiting}, **done}
        for row in waiting:
            outcome = _move_one(place, row, listed, again)
            if outcome is not None:
                done[row.name] = outcome
        waiting = again
    done.update({row.name: Outcome(row, FAILED, "others keep moving it; run again") for row in waiting})
    for name, one in list(done.items()):
        if one.outcome == DONE:
            done[name] = _look_again(place, one)
    return done


def _move_one(place: Place, row: Row, listed: Sequence[str], again: List[Row]) -> Optional[Outcome]:
    """None when it has to be judged anew (then it is in `again`), because somebody moved it meanwhile."""
    try:
        now = place.digest(row.name)
        higher = higher_release(row.wanted, listed)
        if higher is not None:
            return Outcome(_held(row, higher, now), None)
        if now not in (row.previous, row.digest):
            if row.immutable and now is not None:
                return Outcome(row, FAILED, _moved(row, now))
            again.append(replace(row, previous=now))
            return None
        if now != row.digest:
            place.put(row.name, str(row.digest))
        return Outcome(row, DONE)
    except FleetError as error:
        return Outcome(row, FAILED, str(error))


def _look_again(place: Place, one: Outcome) -> Outcome:
    """A higher release that came while the tag was moved gets it back."""
    row = one.row
    try:
        for _round in range(ROUNDS):
            higher = higher_release(row.wanted, place.names())
            if higher is None or row.immutable:
                return one
            its = place.digest(higher)
            if its is None:
                return one
            if place.digest(row.name) == its:
                return Outcome(_held(row, higher, its), DONE)
            place.put(row.name, its)
        return Outcome(row, FAILED, "others keep moving it; run again")
    except FleetError as error:
        return Outcome(row, FAILED, str(error))


def _held(row: Row, higher: str, now: Optional[str]) -> Row:
    reason = "%s came meanwhile and is higher, so it has it" % higher
    return replace(row, action=HOLD, reason=reason, digest=now, higher=higher)
