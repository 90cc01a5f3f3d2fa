# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cleanup of one engine: look, plan, and by choice apply and remember."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.apply import apply_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look, look
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.machine import measure_file_system
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.memory import next_state
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import CleanupRequest, parse_options
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.restorable import keep_unrestorable
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.result import build_result, removed_images
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.delete import Deletion
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, RefusedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import FAILED, PLANNED, Plan, make_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import measure_need
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import HOLD_FILE, read_hold
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import LOCK_FILE, exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import save_state

Progress = Callable[[str], None]

__all__ = ["parse_options", "run_cleanup", "run_unused"]


def run_cleanup(
    request: CleanupRequest,
    apply: bool,
    progress: Optional[Progress] = None,
    remember: Optional[bool] = None,
    hold_file: str = HOLD_FILE,
    lock_file: str = LOCK_FILE,
    run_program: Optional[RunProgram] = None,
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan and record what was seen; returns the result as plain data.

    Without `apply` nothing is written anywhere, unless `remember` is true: a scheduled report samples use for the day on
    which it may delete. Raises RefusedError (`.result` holds the plan) when a limit of S15 or an
    expected plan stops the run before the first deletion, PartialFailure (`.result`) when some deletions failed,
    LockedError when another run is at work, and other FleetErrors when the engine or a file cannot be used.
    """
    say = progress or _silent
    api = EngineApi(request.engine)
    remember = apply if remember is None else remember
    with ExitStack() as stack:
        if remember:
            stack.enter_context(exclusive_lock(lock_file))
        seen = look(api, request.state_file)
        plan, disk, notes = _plan(seen, request, run_program)
        hold = read_hold(hold_file, seen.facts.engine.now)
        if hold is not None:
            notes.append("held by %s: %s" % (hold_file, hold.reason))
        _check_limits(
            request, seen, plan, lambda: {**build_result(seen.facts, plan, (), hold, disk, notes), "changed": False}
        )
        deletions: List[Deletion] = []
        if apply:
            if hold is None:
                if request.require_restorable:
                    _announce(request, seen, plan)
                say("deleting %d of %d references" % (_planned(plan), len(plan.rows)))
                deletions = apply_plan(api, seen, plan, _stop_early(request, seen, plan), _teller(say, _planned(plan)))
        if remember:
            removed = frozenset(removed_images(plan, deletions))
            state = next_state(seen, removed, removed if request.require_restorable else frozenset())
            save_state(request.state_file, seen.facts.engine.id, state)
        shown = plan if hold is None else replace(plan, rows=tuple(_held(row) for row in plan.rows))
        result = build_result(seen.facts, shown, deletions, hold, disk, notes)
        result["plan_digest"] = plan.digest()
        if apply and not deletions:
            result["changed"] = False
        failed = [row for row in result["plan"] if row["outcome"] == FAILED]
        if failed:
            raise PartialFailure(
                "%d of %d deletions failed, %d were done (%s freed); first: %s: %s"
                % (
                    len(failed),
                    result["summary"]["to_delete"],
                    result["summary"]["deleted"],
                    format_size(result["summary"]["reclaimed_bytes"]),
                    failed[0]["reference"] or failed[0]["id"],
                    failed[0]["error"],
                ),
                result,
            )
        return result


def run_unused(request: CleanupRequest, progress: Optional[Progress] = None) -> Dict[str, Any]:
    """Every unused image with its bytes; nothing is planned for deletion, nothing is written."""
    nothing = replace(request, policy=replace(request.policy, delete=()), pressure=None, require_restorable=False)
    return run_cleanup(nothing, False, progress)


def _announce(request: CleanupRequest, seen: Look, plan: Plan) -> None:
    """Remember what is about to be left to a registry, in case this run does not live to tell what went (S1).

    A full disk must not keep a clean-up from making room, so this write may fail; the one after the deletions may not.
    """
    going = frozenset(row.id for row in plan.deletes if row.outcome == PLANNED)
    if going:
        with suppress(StateError):
            save_state(request.state_file, seen.facts.engine.id, next_state(seen, frozenset(), going))


def _silent(_line: str) -> None:
    return None


def _planned(plan: Plan) -> int:
    return sum(1 for row in plan.deletes if row.outcome == PLANNED)


def _held(row: Any) -> Any:
    return replace(row, outcome="deferred", error="held by the brake") if row.outcome == PLANNED else row


def _plan(seen: Look, request: CleanupRequest, run_program: Optional[RunProgram]) -> Any:
    disk = need = None
    if request.pressure is not None:
        disk = measure_file_system(request.storage_path, seen.facts.engine)
        need = measure_need(request.pressure, disk)
    forced = keep_unrestorable(seen.facts, request, run_program) if request.require_restorable else {}
    plan = make_plan(seen.facts, request.policy, forced, disk, need, request.max_deletions)
    notes = list(seen.facts.notes)
    if seen.facts.clock_distrust:
        notes.append("ages decide nothing in this run: %s" % seen.facts.clock_distrust)
    if seen.facts.cache_held is None:
        notes.append(
            "the engine has build cache whose layers cannot be told from here, so the lower bound of bytes is 0"
        )
    if plan.unreachable:
        notes.append(plan.unreachable)
    return plan, disk, notes


def _check_limits(request: CleanupRequest, seen: Look, plan: Plan, result: Callable[[], Dict[str, Any]]) -> None:
    if request.expect_plan is not None and request.expect_plan != plan.digest():
        raise RefusedError(
            "expect_plan: the plan is now %s, not %s: images, containers or rules changed since it was made. Nothing was deleted; "
            "look at the new plan and expect that one" % (plan.digest(), request.expect_plan),
            result(),
        )
    if request.refuse_above is not None:
        figure = request.refuse_above.exceeded(len(plan.deletes), len(plan.rows))
        if figure:
            raise RefusedError(
                "refuse_above: %s: the plan deletes %s references of %s. Nothing was deleted; check the rules, or raise the limit"
                % (request.refuse_above.text, figure, seen.facts.engine.name),
                result(),
            )


def _stop_early(request: CleanupRequest, seen: Look, plan: Plan) -> Callable[[], bool]:
    """Only inode pressure stops early: how many inodes an image frees is known afterwards."""
    pressure = request.pressure
    if pressure is None or plan.need is None or not plan.need.inodes:
        return lambda: False

    def reached() -> bool:
        return not measure_need(pressure, measure_file_system(request.storage_path, seen.facts.engine)).pressing

    return reached


def _teller(say: Progress, total: int) -> Callable[[Deletion], None]:
    count = 0

    def tell(deletion: Deletion) -> None:
        nonlocal count
        count += 1
        say(
            "%d/%d %s %s%s"
            % (
                count,
                total,
                deletion.outcome,
                deletion.row.reference or deletion.row.id,
                ": " + deletion.error if deletion.error else "",
            )
        )

    return tell
