# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that the source has no more are removed from regions by the retention of each: what the fleet uses, or what other tags need,
stays, and what goes can be put back (S14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import RetentionRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.run import run_retention
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import Selection
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    DONE,
    FAILED,
    PLANNED,
    REMOVE,
    Row,
    hold,
)

# What retention says of a tag -> what became of it here.
_OUTCOMES = {"planned": PLANNED, "done": DONE, "gone": DONE, "failed": FAILED, "restored": FAILED}


def remove_rows(
    request: SyncRequest, regions: Sequence[Region], rows: Sequence[Row], apply: bool, run_program: Optional[RunProgram]
) -> Tuple[List[Row], List[str], List[str]]:
    """The same rows with what became of those that may go; what could not be looked at; how to put back what went.

    Without `apply` nothing is deleted.
    """
    settled: List[Row] = []
    problems: List[str] = []
    notes: List[str] = []
    places: Dict[Tuple[str, str], List[Row]] = {}
    for row in rows:
        if row.action == REMOVE:
            places.setdefault((row.region, row.repository), []).append(row)
        else:
            settled.append(row)
    named = {region.name: region for region in regions}
    for (name, repository), due in places.items():
        found, problem, run_id = _in_one(request, named[name], repository, due, apply, run_program)
        settled += found
        if problem is not None:
            problems.append("region %s, %s: %s" % (name, repository, problem))
        if run_id is not None:
            notes.append(
                "region %s, %s: registry_restore puts back what was removed, run_id %s" % (name, repository, run_id)
            )
    return settled, problems, notes


def _in_one(
    request: SyncRequest, region: Region, repository: str, rows: Sequence[Row], apply: bool, run: Optional[RunProgram]
) -> Tuple[List[Row], Optional[str], Optional[str]]:
    """Plan first: only tags that still are what the sync made of them are ordered to go, and only by that very plan."""
    held: List[Row] = []
    try:
        planned, problem = _retain(_order(request, region, repository, rows), False, run)
        moved = [row for row in rows if _told(planned, row).get("digest") not in (None, row.digest)]
        if moved:
            held = [hold(row, "somebody moved it to %s" % _told(planned, row)["digest"]) for row in moved]
            rows = [row for row in rows if row not in moved]
            planned, problem = _retain(_order(request, region, repository, rows), False, run)
        if apply and rows:
            order = replace(_order(request, region, repository, rows), expect_plan=planned["plan_digest"])
            planned, problem = _retain(order, True, run)
    except FleetError as error:
        # Not only a registry refuses: a limit does, or what the fleet uses is not known.
        why = region.gave_up(error)
        return [*held, *(hold(row, why) for row in rows)], why, None
    return [*held, *(_settled(row, _told(planned, row), problem) for row in rows)], problem, planned["run_id"]


def _retain(order: RetentionRequest, apply: bool, run: Optional[RunProgram]) -> Tuple[Dict[str, Any], Optional[str]]:
    """The result, and why not all of it could be done: then its rows tell of what."""
    try:
        return run_retention(order, apply, run_program=run), None
    except PartialFailure as error:
        return error.result, str(error)


def _told(result: Mapping[str, Any], row: Row) -> Mapping[str, Any]:
    """What retention says of a tag; nothing when the region has none of this name."""
    return next((one for one in result["plan"] if one["tag"] == row.tag), {})


def _order(request: SyncRequest, region: Region, repository: str, rows: Sequence[Row]) -> RetentionRequest:
    """One rule that names these tags, and nothing else that could delete."""
    rule = {"name": "the source has no such tag any more", "tags": [row.tag for row in rows]}
    registry = region.client.options
    # It has been absent for a day, and was there before.
    policy = parse_policy(
        keep=[], delete=[rule], protect=[], minimum_age="0s", target="registry", home=registry.registry
    )
    return RetentionRequest(
        registry=registry,
        repositories=Selection(None, (repository,)),
        policy=policy,
        ledger=request.ledger,
        minimum_kept=0,
        undo_dir=request.undo_dir,
        state_dir="%s/removal" % request.state_dir,
    )


def _settled(row: Row, told: Mapping[str, Any], problem: Optional[str]) -> Row:
    if not told:
        return replace(row, outcome=DONE, reason="the region has no such tag any more")
    outcome = _OUTCOMES.get(str(told["outcome"]))
    if told["action"] != "delete" or outcome is None:
        return hold(row, str(told["error"] or problem or told["reason"]))
    return replace(row, outcome=outcome, error=told["error"])
