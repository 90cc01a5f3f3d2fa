# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_garbage_collect from options to result: look, plan, close, collect, verify, reopen, prove."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.canary import (
    Canary,
    delete_canary,
    left_of_canary,
    make_canary,
    pull_canary,
    push_canary,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.disk import disk_usage
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.look import (
    Look,
    Place,
    find_place,
    look,
    lost,
    read_collection,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import ALL, CollectRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.result import Progress, build_result
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import look_at_blobs
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.verify import Reading, read_images
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.window import Window, impatient
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.barriers import (
    from_the_future,
    push_under_way,
    young_deletion,
    young_undo,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import CollectionPlan
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    LockedError,
    PartialFailure,
    RefusedError,
    RegistryError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run, is_active
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import HOLD_FILE, Hold, read_hold
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import LOCK_FILE, exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import memory_path
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import newest_undo

Say = Callable[[str], None]


def run_collection(
    request: CollectRequest,
    apply: bool,
    run: Run,
    progress: Optional[Say] = None,
    run_program: Optional[RunProgram] = None,
    hold_file: str = HOLD_FILE,
    lock_file: str = LOCK_FILE,
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan; returns the result as plain data.

    Without `apply` nothing is changed: the collector only says what it would delete. Raises RefusedError (`.result` holds
    the plan) when it must not run now or not at all, PartialFailure (`.result`) when it ran and not all is as it should be,
    LockedError when another collection or a retention of the same registry is at work, and other FleetErrors when the
    registry, its service or its storage cannot be used. Whatever happens, the registry takes pushes again afterwards, or the
    error says that it does not.
    """
    service = Service(request.service, run)
    client = TransferClient(request.registry, run_program=run_program)
    with ExitStack() as stack:
        if apply:
            stack.enter_context(exclusive_lock(lock_file))
            if os.path.isdir(request.state_dir):
                stack.enter_context(exclusive_lock(memory_path(request.state_dir, client.name) + ".lock"))
        notes = _left_closed(request, apply, service, client, run)
        place = find_place(request, service)
        canary = make_canary(client.name, request.canary_repository)
        seen = look(place, service, request.collect_timeout)
        job = _Job(request, service, client, place, canary, seen, notes, progress or _silent)
        if not job.plan.rows:
            return job.result(job.plan, False)
        hold = read_hold(hold_file, seen.storage.now) or job.wait()
        if hold is not None:
            return job.held(hold)
        return job.collect() if apply else job.result(job.plan, True)


class _Job:
    """One collection after its plan was made."""

    def __init__(
        self,
        request: CollectRequest,
        service: Service,
        client: TransferClient,
        place: Place,
        canary: Canary,
        seen: Look,
        notes: List[str],
        say: Say,
    ) -> None:
        self._request = request
        self._service = service
        self._client = client
        self._place = place
        self._canary = canary
        self._seen = seen
        self._say = say
        self.plan: CollectionPlan = seen.plan(canary.digests)
        self._told = Progress(notes=notes, before=disk_usage(place.storage_path))
        if seen.missing:
            digest, need = next(iter(seen.missing.items()))
            self._told.notes.append(
                "%d pieces of content that manifests name were not there before, such as %s, which %s names: foreign layers, "
                "images of an index that were not pushed or were deleted, or damage"
                % (len(seen.missing), digest, need.by)
            )

    def result(self, plan: CollectionPlan, changed: bool, hold: Optional[Hold] = None) -> Dict[str, Any]:
        self._told.requests = self._client.requests
        return build_result(self._client.name, self._service.names.unit, self._place, plan, self._told, changed, hold)

    def held(self, hold: Hold) -> Dict[str, Any]:
        until = " until %s" % iso_time(hold.until) if hold.until is not None else ""
        self._told.notes.append("held%s: %s" % (until, hold.reason))
        return self.result(self.plan.deferred("held for now"), False, hold)

    def wait(self) -> Optional[Hold]:
        """Why it is not the time to collect. Raises RefusedError when what time it is is not known."""
        seen, request, own = self._seen, self._request, self._canary.digests
        undo = newest_undo(request.undo_dir, self._client.name)
        problem = from_the_future(seen.storage, undo, own)
        if problem:
            raise RefusedError(problem, self.result(self.plan, False))
        found = (
            young_deletion(seen.storage, request.undo_window, own)
            or young_undo(undo, request.undo_window, seen.storage.now)
            or push_under_way(seen.storage, seen.garbage, request.quiet_period, own)
        )
        return None if found is None else Hold(found.reason, found.until)

    def collect(self) -> Dict[str, Any]:
        """Raises RefusedError before anything was deleted, PartialFailure afterwards."""
        self._prepare()
        self._say("%s: closing for pushes" % self._client.name)
        problems: List[str] = []
        new_client = impatient(self._client, TransferClient)
        window = Window(self._service, new_client, self._canary.repository, self._request.collect_timeout)
        needed: Dict[str, str] = {}
        swept = False
        try:
            with window:
                fresh = self._look_again()
                needed = {row.digest: fresh.needs[row.digest].by for row in self.plan.rows if row.digest in fresh.needs}
                swept = True
                problems += self._sweep()
                problems += ["the collection took %s" % one for one in lost(self._place, fresh)]
        except FleetError as error:
            if not swept and window.seconds is not None:
                raise RefusedError(str(error), self.result(self.plan, False)) from error
            # It could not be opened again: that comes first, and what was deleted is told all the same.
            problems.insert(0, str(error))
        self._told.closed = window.seconds
        left = frozenset(look_at_blobs(self._place.storage_path, (row.digest for row in self.plan.rows)))
        done = self.plan.settled(left, needed, problems[0] if problems else "the collector left it")
        if window.seconds is not None:
            self._say("%s: open again after %.1f seconds" % (self._client.name, window.seconds))
            problems += self._prove()
        self._told.after = disk_usage(self._place.storage_path)
        self._told.problems = problems
        changed = len(left) < len(self.plan.rows)
        failed = left - set(needed)
        if problems or failed:
            why = problems[0] if problems else "%d pieces of content were not deleted" % len(failed)
            more = " (and %d more problems)" % (len(problems) - 1) if len(problems) > 1 else ""
            raise PartialFailure(
                "garbage collection of %s: %s%s" % (self._client.name, why, more), self.result(done, changed)
            )
        return self.result(done, changed)

    def _prepare(self) -> None:
        """Leave a canary for the collector. Raises RefusedError when the registry is not the one that stores here."""
        try:
            push_canary(self._client, self._canary)
            there = look_at_blobs(self._place.storage_path, self._canary.digests)
            delete_canary(self._client, self._canary)
        except RegistryError as error:
            raise RefusedError(
                "%s. Nothing was collected: a small image is pushed to %s/%s before, and again afterwards as proof"
                % (error, self._client.name, self._canary.repository),
                self.result(self.plan, False),
            ) from error
        if len(there) < len(self._canary.digests):
            raise RefusedError(
                "what is pushed to registry %s does not arrive in %s, where service %s keeps its content; nothing was collected"
                % (self._client.name, self._place.storage_path, self._service.names.unit),
                self.result(self.plan, False),
            )

    def _look_again(self) -> Look:
        """The registry as it is now that nobody can push. Raises RefusedError when it is not what was planned."""
        fresh = look(self._place, self._service, self._request.collect_timeout)
        planned = {row.digest for row in self.plan.rows} | self._canary.digests
        more = sorted(set(fresh.garbage) - planned)
        if more:
            raise RefusedError(
                "the registry moved since the plan was made: nothing needs %s any more (and %d more). Nothing was collected; run "
                "again" % (more[0], len(more) - 1)
            )
        unseen = sorted(self._canary.digests - fresh.collection.blobs)
        if unseen:
            raise RefusedError(
                "the collector does not see what registry %s deletes (%s), so it works on something else. Nothing was collected"
                % (self._client.name, unseen[0])
            )
        return fresh

    def _sweep(self) -> List[str]:
        self._say("%s: collecting %d pieces of content" % (self._client.name, len(self.plan.rows)))
        try:
            read_collection(self._service.collect(self._place.running, self._request.collect_timeout, dry_run=False))
        except RegistryError as error:
            return [str(error)]
        return []

    def _prove(self) -> List[str]:
        """The registry takes back what it collected, and serves what it kept."""
        client, canary = self._client, self._canary
        try:
            known = left_of_canary(client, canary)
            if known:
                return ["registry %s still answers for %s, which was collected; restart it" % (client.name, known[0])]
            push_canary(client, canary)
            pull_canary(client, canary)
            delete_canary(client, canary)
        except RegistryError as error:
            return ["the image that was collected cannot be pushed and pulled again: %s" % error]
        everything = self._request.verify == ALL
        reading: Reading = read_images(
            client, self._seen.storage, self._place.storage_path, everything, frozenset(self._seen.missing)
        )
        self._told.images, self._told.bytes = reading.images, reading.bytes
        return reading.problems


def _left_closed(request: CollectRequest, apply: bool, service: Service, client: TransferClient, run: Run) -> List[str]:
    """What a run that was killed left: with `apply` the registry is opened again. Raises LockedError while one is at work."""
    names = service.names
    if not os.path.exists(names.drop_in):
        return []
    if is_active(run, names.collector):
        raise LockedError(
            "a garbage collection of %s is at work (%s); nothing was done" % (names.unit, names.collector)
        )
    if not apply:
        return ["%s is read-only since an earlier collection that did not end (%s)" % (names.unit, names.drop_in)]
    Window(service, impatient(client, TransferClient), request.canary_repository, request.collect_timeout).open()
    return ["%s was read-only since an earlier collection that did not end; it was opened again" % names.unit]


def _silent(_line: str) -> None:
    return None
