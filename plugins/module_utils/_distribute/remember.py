# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves for the next one: before tags move, where they pointed; at its end, what it made and what has vanished."""

from __future__ import annotations

import time
from typing import Iterable, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, LockedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import Move
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import (
    SyncMemory,
    load_sync_memory,
    save_sync_memory,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    BRINGS,
    COPY,
    DONE,
    MOVE_BACK,
    REMOVE,
    Row,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.removal import Vanished

# Another run holds the memory for as long as it takes to write a file.
ATTEMPTS = 50
PAUSE = 0.2


def as_moves(rows: Iterable[Row]) -> List[Move]:
    """For the journal, before they are done."""
    return [Move(row.region, row.source, row.repository, row.tag, row.digest, row.previous) for row in rows]


def find_vanished(memory: SyncMemory, looks: Sequence[Look], regions: Iterable[str], now: int) -> List[Vanished]:
    """Tags that a sync made and that a list of the source, complete and not empty, does not have. Signatures go with their owners."""
    lists = {seen.source: frozenset(seen.listed) for seen in looks if seen.listed}
    brought = {row.key for seen in looks for row in seen.rows}
    found = []
    for seen in looks:
        for region in regions:
            place = memory.places.get("%s %s" % (region, seen.target))
            for tag, (digest, source) in sorted(place.made.items()) if place is not None else ():
                if source != seen.source or source not in lists or attached_to(tag) is not None:
                    continue
                if tag not in lists[source] and (region, seen.target, tag) not in brought:
                    since = place.absent.get(tag, now) if place is not None else now
                    found.append(Vanished(region, seen.target, source, tag, digest, since))
    return found


def remember(
    path: str, rows: Sequence[Row], vanished: Sequence[Vanished], looks: Sequence[Look], now: int
) -> Optional[str]:
    """Add to the memory of the source, and tell why it could not be done: what the run did must be told all the same.

    Runs beside each other wait for their turn.
    """
    failure: Optional[FleetError] = None
    for _attempt in range(ATTEMPTS):
        try:
            with exclusive_lock(path + ".lock"):
                memory, damage = load_sync_memory(path)
                add(memory, rows, vanished, looks)
                clock = read_clock(now)
                memory.last_run, memory.boot_id, memory.boot_seconds = now, clock.boot, clock.uptime
                save_sync_memory(path, memory, damage is not None)
                return None
        except LockedError as error:
            failure = error
            time.sleep(PAUSE)
        except StateError as error:
            failure = error
            break
    return (
        "state_dir: what this run did could not be remembered, so tags that were moved back may move again: %s"
        % failure
    )


def add(memory: SyncMemory, rows: Sequence[Row], vanished: Sequence[Vanished], looks: Sequence[Look]) -> None:
    """What the rows did, and which tags the source has no more."""
    for row in rows:
        _add_row(memory, row)
    absent: Mapping[object, int] = {(one.region, one.repository, one.tag): one.since for one in vanished}
    for key, place in memory.places.items():
        region, _space, repository = key.rpartition(" ")
        for tag, (_digest, source) in place.made.items():
            if (region, repository, tag) in absent:
                place.absent.setdefault(tag, absent[(region, repository, tag)])
            elif any(seen.source == source and tag in seen.listed for seen in looks):
                place.absent.pop(tag, None)


def _add_row(memory: SyncMemory, row: Row) -> None:
    held = memory.held_back(row.region, row.repository, row.tag)
    if held is not None and held != row.digest and row.action != MOVE_BACK:
        # The source has moved on.
        del memory.place(row.region, row.repository).held_back[row.tag]
    if row.outcome != DONE:
        return
    place = memory.place(row.region, row.repository)
    if row.action == REMOVE:
        place.made.pop(row.tag, None)
        place.absent.pop(row.tag, None)
    elif row.action == MOVE_BACK:
        place.held_back[row.tag] = str(row.previous)
        if row.tag in place.made:
            place.made[row.tag] = (row.digest, row.source)
    elif row.action in BRINGS:
        place.held_back.pop(row.tag, None)
        if row.action == COPY or row.tag in place.made:
            place.made[row.tag] = (row.digest, row.source)
