# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clean-up of a pull-through cache from options to result: look, plan, set aside, start anew, prove, remove."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import Upstream
from ansible_collections.imagefleet.docker.plugins.module_utils._caching.plan import (
    DAMAGE,
    DEFERRED,
    DONE,
    FAILED,
    CacheFacts,
    CachePlan,
    clocks,
    make_plan,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.look import disk_usage, look
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.place import Place, find_place
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.prove import (
    START_TIMEOUT,
    Proof,
    answers,
    candidates,
    prove,
    told,
    wait_until_it_answers,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.request import CacheRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.swap import Swap
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso, told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import HOLD_FILE, Hold, read_hold
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import LOCK_FILE, exclusive_lock

Say = Callable[[str], None]
# Beyond this a look at an upstream would hold up the run for nothing.
UPSTREAM_TIMEOUT = 10


@dataclass
class _Told:
    """What is known of a run so far. `down` are the seconds in which the cache was not there."""

    notes: List[str] = field(default_factory=list)
    problems: List[str] = field(default_factory=list)
    proof: Proof = field(default_factory=Proof)
    used: Optional[int] = None
    down: Optional[float] = None
    requests: int = 0


def run_emptying(
    request: CacheRequest,
    apply: bool,
    run: Run,
    progress: Optional[Say] = None,
    hold_file: str = HOLD_FILE,
    lock_file: str = LOCK_FILE,
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan; returns the result as plain data.

    Raises RefusedError for what is not a cache of ours, PartialFailure (`.result`) when the cache could not be emptied (then it
    has its old content again, or the message says that it has not), LockedError when another clean-up is at work, StateError
    when its storage cannot be read.
    """
    service = Service(request.names.unit, run, alone=apply)
    with ExitStack() as stack:
        if apply:
            stack.enter_context(exclusive_lock(lock_file))
        place = find_place(request)
        facts = look(place)
        plan = make_plan(request.names.name, facts, request.policy)
        job = _Job(request, service, place, facts, progress or _silent)
        if not plan.empties:
            return job.result(plan, False)
        hold = read_hold(hold_file, facts.now)
        if hold is not None:
            return job.held(plan, hold)
        problem = _upstream_problem(place.upstream)
        if problem is not None:
            # What it holds is all that its clients can get just now, and 2.8 does not even start without its upstream.
            return job.deferred(plan, "its upstream does not answer, so the content stays: %s" % problem)
        return job.empty(plan) if apply else job.result(plan, True)


def _upstream_problem(upstream: Upstream) -> Optional[str]:
    options = make_registry_options({"registry": upstream.registry, "insecure": upstream.insecure})
    # Whether its certificate is trusted is between the cache and its upstream; here it only has to be there.
    return answers(RegistryClient(replace(options, retries=1, timeout=UPSTREAM_TIMEOUT, validate_certs=False)))


class _Job:
    """One clean-up after its plan was made."""

    def __init__(self, request: CacheRequest, service: Service, place: Place, facts: CacheFacts, say: Say) -> None:
        self._request = request
        self._service = service
        self._place = place
        self._facts = facts
        self._say = say
        self._told = _Told()
        # Connections end with the restart.
        options = replace(request.registry, retries=1, timeout=min(request.registry.timeout, START_TIMEOUT))
        self._options = options
        self._swap = Swap(place, service, lambda: wait_until_it_answers(self._new_client))

    def _new_client(self) -> TransferClient:
        return TransferClient(self._options)

    def empty(self, plan: CachePlan) -> Dict[str, Any]:
        """Raises PartialFailure when it has its old content again, or nothing at all."""
        name = self._request.names.name
        targets = candidates(self._place, self._request.probe)
        self._say("cache %s: %s; emptying it" % (name, plan.reason))
        began = time.monotonic()
        try:
            self._swap.empty()
            self._told.down = time.monotonic() - began
            self._prove(targets)
        except FleetError as error:
            raise self._gave_up(plan, error) from error
        try:
            self._swap.remember()
            self._swap.remove()
        except FleetError as error:
            self._told.problems.append(told(error))
            raise PartialFailure(
                "cache %s is empty and serves, but: %s" % (name, error),
                self.result(plan.ended(FAILED, told(error)), True),
            ) from error
        return self.result(plan.ended(DONE), True)

    def held(self, plan: CachePlan, hold: Hold) -> Dict[str, Any]:
        until = " until %s" % told_time(hold.until) if hold.until is not None else ""
        self._told.notes.append("held%s: %s" % (until, hold.reason))
        return self.result(plan.ended(DEFERRED, "held for now"), False, hold)

    def deferred(self, plan: CachePlan, why: str) -> Dict[str, Any]:
        self._told.notes.append(why)
        return self.result(plan.ended(DEFERRED, why), False, Hold(why, None))

    def _prove(self, targets: List[Any]) -> None:
        """Raises RegistryError when nothing can be pulled through it."""
        client = self._new_client()
        self._told.proof = proof = prove(client, targets, must=self._request.probe is not None)
        self._told.requests += client.requests
        if proof.gone:
            self._told.notes.append("the upstream no longer has %s" % ", ".join(proof.gone))
        if not proof.images:
            self._told.notes.append("nothing was pulled through it as proof: it held no tag. Name an image with probe")

    def _gave_up(self, plan: CachePlan, error: FleetError) -> PartialFailure:
        """With its old content again, unless that was what was wrong."""
        name, unit = self._request.names.name, self._request.names.unit
        self._told.problems.append(told(error))
        if plan.rule == DAMAGE:
            words = "it stays empty, since its old content was damaged"
        else:
            try:
                self._swap.restore()
                words = "it has its old content again"
            except FleetError as second:
                self._told.problems.append(told(second))
                words = "and it could not be given its old content: %s. See the journal of %s" % (second, unit)
        return PartialFailure(
            "cache %s could not be emptied: %s; %s" % (name, error, words),
            self.result(plan.ended(FAILED, told(error)), True),
        )

    def result(self, plan: CachePlan, changed: bool, hold: Optional[Hold] = None) -> Dict[str, Any]:
        """What the report holds."""
        facts, tale = self._facts, self._told
        now = disk_usage(self._place) if plan.outcome in (DONE, FAILED) else facts.used
        goes = int(plan.empties)
        return {
            "changed": changed,
            "plan": plan.as_rows(),
            "plan_digest": plan.digest,
            "summary": {
                "kept": 1 - goes,
                "to_delete": goes,
                "deleted": int(plan.outcome == DONE),
                "deferred": int(plan.outcome == DEFERRED),
                "failed": int(plan.outcome == FAILED),
                "reclaimable_bytes": facts.used if goes else 0,
                "reclaimed_bytes": max(0, facts.used - now) if plan.outcome == DONE else 0,
                "used_bytes_before": facts.used,
                "used_bytes": now,
                "free_bytes": facts.free,
                "size_bytes": facts.size,
                "down_seconds": None if tale.down is None else round(tale.down, 1),
                "images_read": tale.proof.images,
                "bytes_read": tale.proof.bytes,
                "requests": tale.requests,
            },
            "cache": {
                "name": self._request.names.name,
                "service": self._request.names.unit,
                "storage_path": self._place.storage,
                "upstream": self._place.upstream.registry,
                "emptied": iso(facts.emptied),
            },
            "hold": None if hold is None else {"reason": hold.reason, "until": iso(hold.until)},
            "clocks_distrusted": clocks(facts, self._request.policy),
            "problems": list(tale.problems),
            "notes": list(tale.notes),
        }


def _silent(_message: str) -> None:
    return None
