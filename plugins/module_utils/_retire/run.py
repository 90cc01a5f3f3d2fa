# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_retention from options to result: gather, plan, check the limits, delete, remember."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import CapabilityMemory
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.make import make_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DEFERRED,
    FAILED,
    PLANNED,
    TAG,
    UNTAGGED,
    Plan,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.apply import Retirement
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.deletable import (
    learn_deletion,
    why_not_deletable,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.gather import (
    Look,
    Progress,
    add_foreign,
    add_referrers,
    drop_absent,
    look,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.memory import confirmed_items, next_memory
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.notes import notes_of
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.outcomes import Outcomes
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import RetentionRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.result import build_result
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import HOLD_FILE, Hold, read_hold
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import (
    memory_path,
    save_memory,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import UndoWriter, forget_old
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor

# More rounds than referrers of referrers of referrers need.
MAX_ROUNDS = 20


def run_retention(
    request: RetentionRequest,
    apply: bool,
    progress: Optional[Progress] = None,
    remember: Optional[bool] = None,
    run_program: Optional[RunProgram] = None,
    hold_file: str = HOLD_FILE,
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan and remember what was seen; returns the result as plain data.

    Without `apply` nothing is deleted, and without `remember` (default: as `apply`) no state is written either. Raises
    RefusedError (`.result` holds the plan) when a limit, an incomplete ledger or the registry itself forbids every deletion,
    PartialFailure (`.result`) when some deletions failed, LockedError when another run is at work on the same registry, and
    other FleetErrors when the registry or a file cannot be used.
    """
    say = progress or _silent
    remember = apply if remember is None else remember
    client = RegistryClient(request.registry, run_program=run_program)
    surveyor = Surveyor(client, ContentReader(client, ContentCache(request.registry.cache_dir)))
    capabilities = CapabilityMemory(client)
    path = memory_path(request.state_dir, client.name)
    with ExitStack() as stack:
        if remember:
            stack.enter_context(exclusive_lock(path + ".lock"))
        seen = look(request, surveyor, capabilities, say)
        plan = _plan(request, seen, surveyor, capabilities)
        hold = read_hold(hold_file, seen.facts.now)
        notes = notes_of(seen, plan, request.undo, hold, hold_file)
        run = _Run(request, seen, surveyor, capabilities, plan, hold, notes)
        complete = seen.fleet.problem is None
        try:
            run.check()
        except RefusedError:
            if remember:
                memory = next_memory(seen.memory, seen.facts, plan, complete)
                save_memory(path, memory, seen.memory_damaged)
            raise
        done, applied = plan, apply and hold is None
        if remember:
            memory = next_memory(seen.memory, seen.facts, plan, complete, begun=applied)
            save_memory(path, memory, seen.memory_damaged)
        if applied:
            done = run.delete(say)
            if remember:
                save_memory(path, next_memory(seen.memory, seen.facts, done, complete), False)
        result = run.result(done, applied)
        if apply and not applied:
            result["changed"] = False
        _raise_failures(result)
        return result


class _Run:
    """One run after its plan was made."""

    def __init__(
        self,
        request: RetentionRequest,
        seen: Look,
        surveyor: Surveyor,
        capabilities: CapabilityMemory,
        plan: Plan,
        hold: Optional[Hold],
        notes: List[str],
    ) -> None:
        self._request = request
        self._seen = seen
        self._surveyor = surveyor
        self._capabilities = capabilities
        self._plan = plan
        self._hold = hold
        self._notes = notes
        self._undo = UndoWriter(request.undo_dir, seen.facts.name, seen.facts.now) if request.undo else None

    def check(self) -> None:
        """Raises RefusedError when nothing may be deleted."""
        why = self._expected() or self._too_much() or self._not_known() or self._not_possible()
        if why:
            raise RefusedError(why, {**self.result(self._plan, False), "changed": False})

    def delete(self, say: Progress) -> Plan:
        """Carry out the plan; the same plan with its outcomes."""
        outcomes = Outcomes()
        tag_delete = bool(self._capabilities.known.tag_delete)
        retirement = Retirement(self._surveyor, self._undo, outcomes, tag_delete, self._why_off, say)
        for facts in self._seen.facts.repositories:
            units = [unit for unit in self._plan.units if unit.repository == facts.name]
            if units:
                say("%s: deleting %d of %d tags" % (facts.name, sum(len(unit.tags) for unit in units), len(facts.tags)))
                retirement.repository(facts, units)
        self._notes += outcomes.notes
        if self._undo is not None and self._undo.used:
            forget_old(self._request.undo_dir, self._seen.facts.name, self._seen.facts.now)
        return outcomes.settle_plan(self._plan)

    def _why_off(self, repository: str) -> str:
        """Why a registry that was known to delete does not."""
        self._capabilities.learn(delete=False)
        why = why_not_deletable(self._surveyor.client, self._capabilities, repository)
        return why or "the registry refuses deletions (405)"

    def result(self, plan: Plan, applied: bool) -> Dict[str, Any]:
        shown = plan
        if self._hold is not None:
            rows = tuple(
                replace(row, outcome=DEFERRED, error="held by the brake") if row.outcome == PLANNED else row
                for row in plan.rows
            )
            shown = replace(plan, rows=rows)
        run_id = self._undo.run_id if self._undo is not None and self._undo.used else None
        requests = self._surveyor.client.requests
        result = build_result(self._seen, shown, applied, self._hold, requests, run_id, self._notes)
        return {**result, "plan_digest": self._plan.digest()}

    def _expected(self) -> Optional[str]:
        digest = self._plan.digest()
        if self._request.expect_plan in (None, digest):
            return None
        return (
            "expect_plan: the plan is now %s, not %s: tags or rules changed since it was made. Nothing was deleted; look at the new "
            "plan and expect that one" % (digest, self._request.expect_plan)
        )

    def _too_much(self) -> Optional[str]:
        """A number limits the whole run, a share every repository (S15)."""
        judged = [row for row in self._plan.rows if row.kind in (TAG, UNTAGGED)]
        places: List[Tuple[str, List[Any]]] = [("registry %s" % self._seen.facts.name, judged)]
        for facts in self._seen.facts.repositories:
            places.append((facts.name, [row for row in judged if row.repository == facts.name]))
        for limit in self._request.refuse_above:
            for place, rows in places[1:] if limit.share else places[:1]:
                figure = limit.exceeded(sum(1 for row in rows if row.action == "delete"), len(rows))
                if figure:
                    return (
                        "refuse_above: %s: the plan deletes %s tags of %s. Nothing was deleted; check the rules, or raise the limit"
                        % (limit.text, figure, place)
                    )
        return None

    def _not_known(self) -> Optional[str]:
        problem = self._seen.fleet.problem
        if problem is None or not self._plan.deletes:
            return None
        return "what the fleet uses is not known, so nothing was deleted: %s" % problem

    def _not_possible(self) -> Optional[str]:
        if not self._plan.units:
            return None
        name = self._plan.units[0].repository
        learn_deletion(self._surveyor.client, self._capabilities, name)
        return why_not_deletable(self._surveyor.client, self._capabilities, name)


def _plan(request: RetentionRequest, seen: Look, surveyor: Surveyor, capabilities: CapabilityMemory) -> Plan:
    """Plan, ask whether all that would go is there and what is attached to it, and plan again, until nothing new turns up."""
    asked = set()
    for _round in range(MAX_ROUNDS):
        plan = _make(request, seen)
        if plan.units and capabilities.known.tag_delete is None and not seen.facts.tag_delete and _has_shared(plan):
            learn_deletion(surveyor.client, capabilities, plan.units[0].repository)
        if capabilities.known.tag_delete and not seen.facts.tag_delete:
            seen.facts = replace(seen.facts, tag_delete=True)
            plan = _make(request, seen)
        wanted = [(unit.repository, digest) for unit in plan.units for digest in unit.order]
        fresh = [one for one in wanted if one not in asked]
        if not fresh:
            return plan
        asked.update(fresh)
        changed = drop_absent(seen, surveyor, fresh)
        if request.count_bytes:
            changed = add_foreign(seen, surveyor, fresh) or changed
        add_referrers(seen, surveyor, capabilities, fresh)
        if not changed and not capabilities.known.referrers:
            return plan
    return _make(request, seen)


def _make(request: RetentionRequest, seen: Look) -> Plan:
    return make_plan(
        seen.facts,
        request.policy,
        request.minimum_kept,
        confirmed_items(seen.memory, seen.facts.now, request.confirm_after, seen.facts.clock_distrust is not None),
        request.max_deletions,
        request.count_bytes,
    )


def _has_shared(plan: Plan) -> bool:
    """Whether a registry that deletes tags alone could do more."""
    return any(row.kept_by == "shared" for row in plan.rows)


def _raise_failures(result: Dict[str, Any]) -> None:
    failed = [row for row in result["plan"] if row["outcome"] == FAILED]
    if not failed:
        return
    summary = result["summary"]
    freed = summary["reclaimed_bytes"]
    raise PartialFailure(
        "%d of %d deletions failed, %d were done%s; first: %s%s: %s"
        % (
            len(failed),
            summary["to_delete"],
            summary["deleted"],
            "" if freed is None else " (%s)" % format_size(freed),
            failed[0]["repository"],
            ":" + failed[0]["tag"] if failed[0]["tag"] else "@" + failed[0]["digest"],
            failed[0]["error"],
        ),
        result,
    )


def _silent(_line: str) -> None:
    return None
