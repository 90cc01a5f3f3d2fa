# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync and registry_drift_info from options to result."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.copy import Copier, Traffic
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.look import Look, look
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import ALL, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.tagging import put_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    PartialFailure,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.select import select_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    DEFERRED,
    DONE,
    FAILED,
    KEEP,
    Key,
    Ledger,
    Row,
    as_rows,
    plan_digest,
    waiting_for,
)

Say = Callable[[str], None]


def run_sync(
    request: SyncRequest, apply: bool, progress: Optional[Say] = None, run_program: Optional[RunProgram] = None
) -> Dict[str, Any]:
    """Compare, and with `apply` copy; returns the result as plain data.

    Raises PartialFailure (`.result`) when not everything that could be planned was done, RegistryError when the source does not
    answer.
    """
    job = Job(request, progress or _silent, run_program)
    job.compare()
    ledger = Ledger()
    if apply:
        job.copy(ledger)
    result = job.result(ledger)
    failed = [row for row in result["plan"] if row["outcome"] == FAILED]
    if apply and (failed or job.problems):
        first = (
            "%s %s:%s: %s" % (failed[0]["region"], failed[0]["repository"], failed[0]["tag"], failed[0]["error"])
            if failed
            else job.problems[0]
        )
        told = (
            ["%d of %d tags could not be brought to their region" % (len(failed), result["summary"]["tags"])]
            if failed
            else []
        )
        if job.problems:
            told.append("not everything could be compared (problems: %d)" % len(job.problems))
        raise PartialFailure("%s; first: %s" % (", and ".join(told), first), result)
    return result


class Job:
    """One run. `problems` tells in words what could not be compared at all."""

    def __init__(self, request: SyncRequest, say: Say, run_program: Optional[RunProgram]) -> None:
        self._request = request
        self._say = say
        self.source = TransferClient(request.source, run_program=run_program)
        reader = ContentReader(self.source, ContentCache(request.source.cache_dir))
        self.surveyor = Surveyor(self.source, reader)
        self.regions = [Region(one, run_program) for one in request.destinations]
        self.looks: List[Look] = []
        self.problems: List[str] = []
        self.traffic = Traffic()
        self._taken: Dict[Key, Row] = {}

    def compare(self) -> None:
        """Raises RegistryError when the source does not answer."""
        for order in self._request.orders:
            for name in self._share_of(select_repositories(self.source, order.repositories)):
                try:
                    seen = look(self._request, order, name, self.surveyor, self.regions)
                except RegistryRefusal as error:
                    # The others can be brought all the same.
                    self.problems.append("%s: %s" % (name, error))
                    continue
                seen.rows = [row for row in seen.rows if self._is_first(row)]
                self.looks.append(seen)
                self.problems += ["%s:%s: %s" % (name, tag, why) for tag, why in sorted(seen.survey.problems.items())]
        told: Set[str] = set()
        for seen in self.looks:
            for region, why in seen.problems.items():
                if region not in told:
                    told.add(region)
                    self.problems.append("region %s: %s" % (region, why))

    def _share_of(self, names: Sequence[str]) -> List[str]:
        shard = self._request.shard
        return [name for name in names if shard is None or shard.has(name)]

    def _is_first(self, row: Row) -> bool:
        """Whether no other entry brings this tag; two that would bring different things are a problem."""
        first = self._taken.setdefault(row.key, row)
        if first.digest != row.digest:
            self.problems.append(
                "%s %s:%s: both %s and %s would be brought there; give each a place of its own"
                % (row.region, row.repository, row.tag, first.source, row.source)
            )
        return first is row

    @property
    def rows(self) -> List[Row]:
        return [row for seen in self.looks for row in seen.rows]

    def copy(self, ledger: Ledger) -> None:
        """Content first, then tags that stay, at last those that move."""
        failed: Dict[Tuple[str, str], List[str]] = {}
        floating: List[Tuple[Copier, List[Row]]] = []
        for seen in self.looks:
            todo = [row for row in seen.rows if row.action != KEEP]
            if not todo:
                continue
            self._say("%s: %d tags to bring" % (seen.source, len(todo)))
            copier = Copier(seen, self.surveyor, self.source, self.traffic, self._say)
            broken: Optional[str] = None
            try:
                copier.bring(self._wanted(todo, seen))
            except FleetError as error:
                broken = str(error)
            for row in todo:
                why = broken or copier.failed.get((row.region, row.digest))
                if why is not None:
                    ledger.settle(row, FAILED, why)
                    failed.setdefault((row.repository, row.digest), []).append(row.region)
            for region in (*seen.problems, *(one.name for one in self.regions if one.down is not None)):
                for row in todo:
                    failed.setdefault((row.repository, row.digest), []).append(region)
            left = [row for row in todo if ledger.of(row) is None]
            put_tags(self.regions, [row for row in left if not row.floating], copier.content_of, ledger)
            floating.append((copier, [row for row in left if row.floating]))
            self._say("%s: done" % seen.source)
        waits = (
            waiting_for(self.rows, {key: sorted(set(regions)) for key, regions in failed.items()})
            if self._request.floating_scope == ALL
            else {}
        )
        for copier, rows in floating:
            for row in rows:
                if row.key in waits:
                    ledger.settle(row, DEFERRED, waits[row.key])
            put_tags(self.regions, [row for row in rows if row.key not in waits], copier.content_of, ledger)

    def _wanted(self, todo: Sequence[Row], seen: Look) -> Dict[Region, List[str]]:
        """Region -> digests that it does not have under any of the tags that were read."""
        found: Dict[Region, List[str]] = {}
        for region in self.regions:
            believed = set(seen.believed.get(region.name, ()))
            there = {digest for tag, digest in seen.held.get(region.name, {}).items() if tag not in believed}
            digests = [row.digest for row in todo if row.region == region.name and row.digest not in there]
            if digests:
                found[region] = list(dict.fromkeys(digests))
        return found

    def result(self, ledger: Ledger) -> Dict[str, Any]:
        rows = ledger.settled(self.rows)
        changed = [row for row in rows if row.action != KEEP]
        unasked = sum(seen.unasked for seen in self.looks)
        brought = bool(self.traffic.sent or self.traffic.mounted)
        return {
            "changed": brought or any(row.outcome not in (FAILED, DEFERRED) for row in changed),
            "plan": as_rows(rows),
            "plan_digest": plan_digest(rows),
            "previous_digests": [
                {"region": row.region, "repository": row.repository, "tag": row.tag, "digest": row.previous}
                for row in changed
                if row.previous and row.outcome != DEFERRED
            ],
            "summary": {
                "tags": len(rows) + unasked,
                "unchanged": len(rows) + unasked - len(changed),
                "copied": sum(row.outcome == DONE for row in changed),
                "deferred": sum(row.outcome == DEFERRED for row in changed),
                "failed": sum(row.outcome == FAILED for row in changed),
                "requests": self.source.requests + sum(region.client.requests for region in self.regions),
                "source_requests": self.source.requests,
                "bytes": self.traffic.read,
                "bytes_sent": self.traffic.sent,
                "blobs": self.traffic.blobs,
                "mounted": self.traffic.mounted,
            },
            "problems": self.problems,
        }


def _silent(_line: str) -> None:
    return None
