# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags moved back to what they pointed at before a run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.remember import as_moves, remember
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import ALL, LAST, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.tagging import put_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    PartialFailure,
    RegistryRefusal,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import (
    Move,
    MoveJournal,
    move_runs,
    read_moves,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import sync_memory_path
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey, Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    DEFERRED,
    DONE,
    FAILED,
    KEEP,
    MOVE_BACK,
    PLANNED,
    Key,
    Ledger,
    Row,
    as_diff,
    as_rows,
    plan_digest,
)


def run_rollback(request: SyncRequest, apply: bool, now: int, run_program: Optional[RunProgram]) -> Dict[str, Any]:
    """Move back what a run moved, where it still is as that run left it; returns the result as plain data.

    Raises StateError when there is no such run, PartialFailure (`.result`) when not everything could be moved back.
    """
    source = request.source.registry
    run_id = _run_id(request, source)
    regions = [Region(one, run_program) for one in request.destinations]
    moves = [move for move in net_moves(read_moves(request.state_dir, source, run_id)) if _is_meant(request, move)]
    named = {region.name: region for region in regions}
    problems = [
        "region %s, of which run %s moved tags, is not among the destinations" % (name, run_id)
        for name in sorted({move.region for move in moves} - set(named))
    ]
    with ThreadPoolExecutor(max(len(regions), 1)) as pool:
        told = pool.map(lambda region: _of_region(region, moves), regions)
        rows = [row for part in told for row in part]
    if request.floating_scope == ALL:
        rows = together(rows)
    ledger = Ledger()
    journal = MoveJournal(request.state_dir, source, now)
    if apply:
        todo = [row for row in rows if row.outcome == PLANNED]
        journal.add(as_moves(todo))
        put_tags(regions, todo, lambda row: _content(named[row.region], row), ledger)
        rows = ledger.settled(rows)
        forgotten = remember(sync_memory_path(request.state_dir, source), rows, (), (), now)
        problems += [] if forgotten is None else [forgotten]
    result = _result(rows, regions, journal if apply else None, problems)
    failed = [row for row in rows if row.outcome in (FAILED, DEFERRED)]
    if apply and (failed or problems):
        first = (
            "%s %s:%s: %s" % (failed[0].region, failed[0].repository, failed[0].tag, failed[0].error) if failed else ""
        )
        raise PartialFailure(
            "rollback: %d of %d tags were not moved back; first: %s" % (len(failed), len(rows), first or problems[0]),
            result,
        )
    return result


def net_moves(moves: Sequence[Move]) -> List[Move]:
    """What a run did to each tag, however many steps it took; tags that were new then have nothing to go back to."""
    found: Dict[Key, Move] = {}
    for move in moves:
        key = (move.region, move.repository, move.tag)
        found[key] = replace(move, previous=found[key].previous) if key in found else move
    return [move for move in found.values() if move.previous is not None]


def together(rows: Sequence[Row]) -> List[Row]:
    """A tag that cannot go back in one region goes back in none: regions stay alike."""
    bad = {(row.repository, row.tag): row for row in rows if row.outcome in (FAILED, DEFERRED)}

    def why(row: Row) -> str:
        other = bad[(row.repository, row.tag)]
        return (
            "it goes back in all regions or in none, and in %s: %s. With floating_scope: region it goes back where it can"
            % (other.region, other.error)
        )

    return [
        replace(row, outcome=DEFERRED, error=why(row))
        if row.outcome == PLANNED and (row.repository, row.tag) in bad
        else row
        for row in rows
    ]


def _run_id(request: SyncRequest, source: str) -> str:
    if request.rollback != LAST:
        return str(request.rollback)
    known = move_runs(request.state_dir, source)
    if not known:
        raise StateError("rollback: no run of registry %s is remembered in %s" % (source, request.state_dir))
    return known[-1]


def _is_meant(request: SyncRequest, move: Move) -> bool:
    return any(
        (move.source in order.repositories.exact)
        if order.repositories.exact is not None
        else (
            order.repositories.patterns is None
            or order.repositories.patterns.matches_repository("%s/%s" % (request.source.registry, move.source))
        )
        for order in request.orders
        if order.tags.matches(move.tag)
    )


def _of_region(region: Region, moves: Sequence[Move]) -> List[Row]:
    surveyor = Surveyor(region.client, ContentReader(region.client, ContentCache(None)))
    mine = [move for move in moves if move.region == region.name]
    with ThreadPoolExecutor(region.client.options.concurrency) as pool:
        return list(pool.map(lambda move: _row(region, surveyor, move), mine))


def _row(region: Region, surveyor: Surveyor, move: Move) -> Row:
    back = str(move.previous)
    row = Row(
        move.region, move.repository, move.tag, back, move.digest, MOVE_BACK, "before it pointed at %s" % back,
        False, move.source, back, PLANNED,
    )  # fmt: skip
    try:
        if region.down is not None:
            return replace(row, outcome=FAILED, error=region.down)
        head = region.client.head(move.repository, move.tag)
        at = None if head is None else head.digest
        if at == back:
            return replace(row, action=KEEP, outcome=None)
        if at != move.digest:
            return replace(row, outcome=DEFERRED, error="it was moved to %s since, and is left there" % at)
        lacks = _lacks(surveyor, move.repository, back)
        if lacks is not None:
            return replace(row, outcome=FAILED, error="the region does not have all of %s any more: %s" % (back, lacks))
    except FleetError as error:
        return replace(row, outcome=FAILED, error=region.gave_up(error))
    return row


def _lacks(surveyor: Surveyor, repository: str, digest: str) -> Optional[str]:
    """What a region lost of an image, None when it is whole: a GET for each manifest, a HEAD for each blob."""
    survey = Survey(repository)
    surveyor.read(survey, [digest])
    if survey.problems:
        return next(iter(survey.problems.values()))
    if survey.absent:
        return "manifest %s" % min(survey.absent)
    blobs = {blob.digest: blob for one in survey.manifests.values() for blob in one.blobs if not blob.is_foreign}
    problems: Dict[str, str] = {}
    found = surveyor.each(list(blobs), lambda one: surveyor.client.has_blob(repository, one), problems)
    lost = [one for one, there in found if not there]
    return next(iter(problems.values()), None) or ("blob %s" % lost[0] if lost else None)


def _content(region: Region, row: Row) -> Tuple[str, bytes]:
    body = region.client.manifest(row.repository, row.digest)
    if body is None:
        raise RegistryRefusal("the region does not have %s any more" % row.digest, 404)
    return body.media_type, body.data


def _result(
    rows: Sequence[Row], regions: Sequence[Region], journal: Optional[MoveJournal], problems: Sequence[str]
) -> Dict[str, Any]:
    outcomes = [row.outcome for row in rows]
    return {
        "changed": DONE in outcomes or (journal is None and PLANNED in outcomes),
        "plan": as_rows(rows),
        "plan_digest": plan_digest(rows),
        "diff": as_diff(rows),
        "previous_digests": [
            {"region": row.region, "repository": row.repository, "tag": row.tag, "digest": row.previous}
            for row in rows
            if row.outcome in (DONE, PLANNED)
        ],
        "run_id": journal.run_id if journal is not None and journal.used else None,
        "summary": {
            "tags": len(rows),
            "unchanged": sum(row.action == KEEP for row in rows),
            "moved_back": outcomes.count(DONE),
            "deferred": outcomes.count(DEFERRED),
            "failed": outcomes.count(FAILED),
            "requests": sum(region.client.requests for region in regions),
        },
        "problems": list(problems),
        "notes": [],
    }
