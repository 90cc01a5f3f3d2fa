# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_garbage_collect from options to result: look, plan, close, collect, verify, reopen, prove."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.canary import (
    Canary,
    delete_canary,
    left_of_canary,
    make_canary,
    pull_canary,
    push_canary,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.disk import disk_usage
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.links import layers_linked
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
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.window import START_TIMEOUT, NewClient, Window
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.barriers import (
    from_the_future,
    push_under_way,
    young_deletion,
    young_undo,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import CollectionPlan
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    LockedError,
    PartialFailure,
    RefusedError,
    RegistryError,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import distrust
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock_memory import load_clock, save_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import HOLD_FILE, Hold, read_hold
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import LOCK_FILE, exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import file_name
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
    remember: Optional[bool] = None,
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan; returns the result as plain data.

    Without `apply` nothing is changed: the collector only says what it would delete. Without `remember` (default: as `apply`)
    no state is written either. Raises RefusedError (`.result` holds
    the plan) when it must not run now or not at all, PartialFailure (`.result`) when it ran and not all is as it should be,
    LockedError when another collection or a retention of the same registry is at work, and other FleetErrors when the
    registry, its service or its storage cannot be used. Whatever happens, the registry takes pushes again afterwards, or the
    error says that it does not.
    """
    service = Service(request.service, run, alone=apply)
    client = TransferClient(request.registry, run_program=run_program)
    # Connections end with every restart, and who waits for a registry to start decides by himself how long: while it is
    # closed, one that accepts and does not answer must not keep it so.
    options = replace(request.registry, retries=0, timeout=min(request.registry.timeout, START_TIMEOUT))

    def new_client() -> TransferClient:
        return TransferClient(options, run_program=run_program)

    with ExitStack() as stack:
        if apply:
            stack.enter_context(exclusive_lock(lock_file))
            if os.path.isdir(request.state_dir):
                stack.enter_context(exclusive_lock(memory_path(request.state_dir, client.name) + ".lock"))
        notes = _left_closed(request, apply, service, new_client)
        place = find_place(request, service)
        canary = make_canary(client.name, request.canary_repository)
        seen = look(place, service, request.collect_timeout)
        job = _Job(request, service, client, new_client, place, canary, seen, notes, progress or _silent)
        distrusted = _clocks(request, client.name, apply if remember is None else remember)
        if not job.plan.rows:
            return job.result(job.plan, False)
        if distrusted is not None and request.undo_window:
            return job.distrusted(distrusted)
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
        new_client: NewClient,
        place: Place,
        canary: Canary,
        seen: Look,
        notes: List[str],
        say: Say,
    ) -> None:
        self._request = request
        self._service = service
        self._client = client
        self._new_client = new_client
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
        until = " until %s" % told_time(hold.until) if hold.until is not None else ""
        self._told.notes.append("held%s: %s" % (until, hold.reason))
        return self.result(self.plan.deferred("held for now"), False, hold)

    def distrusted(self, why: str) -> Dict[str, Any]:
        """No age can be told, so what can be restored is not known."""
        self._told.clocks = why
        self._told.notes.append("nothing is collected in this run: %s" % why)
        return self.result(self.plan.deferred("clocks are not trusted"), False)

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
            or push_under_way(seen.storage, self._arrivals(), request.quiet_period, own)
        )
        return None if found is None else Hold(found.reason, found.until)

    def _arrivals(self) -> Dict[str, StoredBlob]:
        """The garbage, as new as its last push."""
        linked = layers_linked(self._place.storage_path, self._seen.garbage)
        return {
            digest: replace(blob, arrived=max(blob.arrived, linked.get(digest, 0)))
            for digest, blob in self._seen.garbage.items()
        }

    def collect(self) -> Dict[str, Any]:
        """Raises RefusedError before anything was deleted, PartialFailure afterwards."""
        self._prepare()
        self._say("%s: closing for pushes" % self._client.name)
        problems: List[str] = []
        window = Window(self._service, self._new_client, self._canary.repository, self._request.collect_timeout)
        needed: Dict[str, str] = {}
        swept = False
        try:
            with window:
                fresh = self._look_again()
                needed = {row.digest: fresh.needs[row.digest].by for row in self.plan.rows if row.digest in fresh.needs}
                window.prove()
                swept = True
                problems += self._sweep()
                problems += ["the collection took %s" % one for one in lost(self._place, fresh)]
        except FleetError as error:
            self._told.closed = window.seconds
            if not swept and window.seconds is not None:
                raise RefusedError(str(error), self.result(self.plan, False)) from error
            # It could not be opened again: that comes first, and what was deleted is told all the same.
            problems.insert(0, str(error))
        self._told.closed = window.seconds
        left = self._left(problems)
        done = self.plan.settled(left, needed, problems[0] if problems else "the collector left it")
        if window.seconds is not None:
            self._say("%s: open again after %.1f seconds" % (self._client.name, window.seconds))
            problems += self._prove()
        with _told(problems):
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

    def _left(self, problems: List[str]) -> FrozenSet[str]:
        """What of the plan is still there: all of it, when that cannot be looked at."""
        planned = frozenset(row.digest for row in self.plan.rows)
        with _told(problems):
            return frozenset(look_at_blobs(self._place.storage_path, planned))
        return planned

    @property
    def _expected(self) -> FrozenSet[str]:
        """What the collector may delete."""
        return self._canary.digests.union(row.digest for row in self.plan.rows)

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
        more = sorted(set(fresh.garbage) - self._expected)
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
            said = self._service.collect(self._place.running, self._request.collect_timeout, dry_run=False)
            more = sorted(read_collection(said).blobs - self._expected)
        except FleetError as error:
            return [str(error)]
        if not more:
            return []
        return ["the collector deleted %s (and %d more), which was not planned" % (more[0], len(more) - 1)]

    def _prove(self) -> List[str]:
        """The registry takes back what it collected, and serves what it kept."""
        client, canary = self._client, self._canary
        try:
            there = look_at_blobs(self._place.storage_path, canary.digests)
            known = [digest for digest in left_of_canary(client, canary) if digest not in there]
            if known:
                return [
                    "registry %s still answers for %s, which was collected: pushes leave out what it thinks it has. It remembers "
                    "its content where a restart does not clear it, or another process answers for it"
                    % (client.name, known[0])
                ]
            push_canary(client, canary)
            pull_canary(client, canary)
            delete_canary(client, canary)
        except FleetError as error:
            return ["the image that was collected cannot be pushed and pulled again: %s" % error]
        everything = self._request.verify == ALL
        reading: Reading = read_images(
            client, self._seen.storage, self._place.storage_path, everything, frozenset(self._seen.missing)
        )
        self._told.images, self._told.bytes = reading.images, reading.bytes
        return reading.problems


def _left_closed(request: CollectRequest, apply: bool, service: Service, new_client: NewClient) -> List[str]:
    """What a run that was killed left: with `apply` the registry is opened again. Raises LockedError while one is at work."""
    names = service.names
    for unit in (names.guard, names.collector.unit):
        if service.works(unit):
            raise LockedError(
                "a garbage collection of %s is at work (%s); nothing was done. Run again when it has ended"
                % (names.unit, unit)
            )
    if not os.path.exists(names.drop_in):
        return []
    if not apply:
        return ["%s is read-only since an earlier collection that did not end (%s)" % (names.unit, names.drop_in)]
    Window(service, new_client, request.canary_repository, request.collect_timeout).open()
    return ["%s was read-only since an earlier collection that did not end; it was opened again" % names.unit]


@contextmanager
def _told(problems: List[str]) -> Iterator[None]:
    """What cannot be looked at any more is told with the rest: what was deleted must be told in any case."""
    try:
        yield
    except StateError as error:
        problems.append(str(error))


def _clocks(request: CollectRequest, registry: str, remember: bool) -> Optional[str]:
    """Why this host's clock must not be trusted, by what it said at the last run (S11)."""
    path = os.path.join(request.state_dir, file_name(registry) + ".collect.json")
    last, reading = load_clock(path), read_clock(int(time.time()))
    if remember:
        save_clock(path, reading)
    return distrust(reading, last.last_run, last.boot_id, last.boot_seconds, "this host")


def _silent(_line: str) -> None:
    return None
