# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: batch by batch, each re-checked against what the engine does at that moment (S6)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, Dict, List, Sequence, Set, Tuple, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.delete import Deletion, delete_rows
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.events import (
    NAME_MOVES,
    REMEMBERED,
    REMOVALS,
    USES,
    read_events,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.listing import read_containers, read_images
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    EngineUnreachable,
    PolicyError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import (
    DEFERRED,
    FAILED,
    PLANNED,
    REFUSED,
    Plan,
    PlannedRow,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, find_users

BATCH = 50
RETURN_POLL = 0.5

Answer = TypeVar("Answer")


def apply_plan(
    api: EngineApi, look: Look, plan: Plan, reached: Callable[[], bool], done: Callable[[Deletion], None]
) -> List[Deletion]:
    """Delete the planned rows, in plan order; every row comes back with what became of it.

    Before each batch the containers are listed and the engine's events since the plan are read: a row that came into use,
    or whose name meanwhile means something else, is refused. `reached` ends the run early (inode pressure): the rest is
    deferred. After a lost connection the engine is awaited once per batch, for as long as the request timeout.
    """
    rows = [row for row in plan.deletes if row.outcome == PLANNED]
    results: List[Deletion] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        if reached():
            results += _report(
                [Deletion(row, DEFERRED, "the target is reached without it") for row in rows[start:]], done
            )
            break
        try:
            objections = _objections(api, look, batch, lost=any(result.lost_contact for result in results))
        except EngineError as error:
            results += _report([Deletion(row, FAILED, "not tried: %s" % error) for row in rows[start:]], done)
            break
        results += _report(
            [Deletion(row, REFUSED, objections[row.target]) for row in batch if row.target in objections], done
        )
        left = _groups([row for row in batch if row.target not in objections])
        results += delete_rows(api, look.facts.engine.store, left, done)
    return results


def _report(deletions: List[Deletion], done: Callable[[Deletion], None]) -> List[Deletion]:
    for deletion in deletions:
        done(deletion)
    return deletions


def _groups(rows: Sequence[PlannedRow]) -> List[List[PlannedRow]]:
    groups: Dict[str, List[PlannedRow]] = {}
    for row in rows:
        groups.setdefault(row.family, []).append(row)
    return list(groups.values())


def _objections(api: EngineApi, look: Look, batch: Sequence[PlannedRow], lost: bool) -> Dict[str, str]:
    """Delete target -> why it must not be deleted any more."""
    facts = look.facts
    now = facts.engine.clock + (time.monotonic() - look.looked_at)
    containers = _patiently(api, lambda: read_containers(api, int(now))) if lost else read_containers(api, int(now))
    users = find_users(replace(facts, containers=containers))
    remembered = read_events(api, REMEMBERED, "%.6f" % now)
    events = [event for event in remembered if event.moment >= facts.engine.clock]
    # Only an older event proves that the engine still remembers all that came after the plan: it keeps 256, and none over
    # a restart.
    complete = len(remembered) > len(events)
    used_names = _names([event.names for event in events if event.action in USES and event.action not in NAME_MOVES])
    moved_names = _names([event.names for event in events if event.action in NAME_MOVES])
    # An archive that was loaded is told by its images' ids, not by the names that now mean them.
    moved = not complete or any(event.kind == "image" and event.action not in REMOVALS for event in events)
    current = NameIndex(read_images(api, facts.engine)) if moved else None
    objections: Dict[str, str] = {}
    for row in batch:
        names = {row.id, _canonical(row.target)}
        if users.get(row.id):
            objections[row.target] = "came into use after the plan was made: %s" % users[row.id][0]
        elif names & moved_names or (current and row.target != row.id and current.find(row.target) - {row.id}):
            objections[row.target] = "was pulled, loaded or tagged after the plan was made"
        elif names & used_names:
            objections[row.target] = "was used by a container after the plan was made"
    return objections


def _names(groups: Sequence[Tuple[str, ...]]) -> Set[str]:
    return {_canonical(name) for names in groups for name in names}


def _canonical(name: str) -> str:
    if name.startswith("sha256:"):
        return name
    try:
        reference = parse_reference(name)
    except PolicyError:
        return name
    return (reference if reference.tag or reference.digest else reference.with_default_tag()).canonical


def _patiently(api: EngineApi, ask: Callable[[], Answer]) -> Answer:
    """Ask an engine that may be restarting until it answers, at most for the request timeout."""
    deadline = time.monotonic() + api.timeout
    while True:
        try:
            return ask()
        except EngineUnreachable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(RETURN_POLL)
