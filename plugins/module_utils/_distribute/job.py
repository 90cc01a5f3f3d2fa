# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One comparison of a source with its regions, and what is brought because of it."""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.copy import Copier, Traffic
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.look import look
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.remember import as_moves
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import ALL, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.scan_gate import ScanGate
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.tagging import put_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, RegistryRefusal, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import CapabilityMemory
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import MoveJournal
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import SyncMemory
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.select import select_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    BRINGS,
    DEFERRED,
    FAILED,
    KEEP,
    Key,
    Ledger,
    Row,
    hold,
    waiting_for,
)

Say = Callable[[str], None]


class Job:
    """One run. `problems` tells in words what could not be compared at all; `memory` is what earlier runs left, `gate` who is asked
    what may be brought."""

    def __init__(
        self,
        request: SyncRequest,
        say: Say,
        run_program: Optional[RunProgram],
        memory: Optional[SyncMemory] = None,
        gate: Optional[ScanGate] = None,
    ) -> None:
        self._request = request
        self._say = say
        self._memory = memory or SyncMemory()
        self.gate = gate
        self.source = TransferClient(request.source, run_program=run_program)
        self._capabilities = CapabilityMemory(self.source)
        reader = ContentReader(self.source, ContentCache(request.source.cache_dir))
        self.surveyor = Surveyor(self.source, reader)
        self.regions = [Region(one, run_program) for one in request.destinations]
        self.looks: List[Look] = []
        self.problems: List[str] = []
        self.traffic = Traffic()
        self._taken: Dict[Key, Row] = {}

    @property
    def now(self) -> int:
        """The source's clock, epoch seconds."""
        return self.source.server_time or int(time.time())

    @property
    def rows(self) -> List[Row]:
        return [row for seen in self.looks for row in seen.rows]

    # Comparing --------------------------------------------------------------------------------------------------------

    def compare(self) -> None:
        """Raises RegistryError when the source does not answer."""
        wanted = [
            (order, name)
            for order in self._request.orders
            for name in self._share_of(select_repositories(self.source, order.repositories))
        ]
        for place, (order, name) in enumerate(wanted, 1):
            try:
                seen = look(self._request, order, name, self.surveyor, self._capabilities, self.regions)
            except RegistryRefusal as error:
                # The others can be brought all the same.
                self.problems.append("%s: %s" % (name, error))
                continue
            seen.rows = [self._held_back(row) for row in seen.rows if self._is_first(row)]
            if self.gate is not None:
                self.surveyor.read(seen.survey, self.gate.to_read(seen.rows))
                seen.rows = self.gate.pass_rows(seen, seen.rows, self.now)
            self.looks.append(seen)
            self.problems += ["%s:%s: %s" % (name, tag, why) for tag, why in sorted(seen.survey.problems.items())]
            self._say(
                "%s: compared (%d of %d repositories), %d of %d tags differ"
                % (name, place, len(wanted), sum(row.action != KEEP for row in seen.rows), len(seen.rows))
            )
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

    def _held_back(self, row: Row) -> Row:
        if row.action == KEEP or self._request.resume:
            return row
        if self._memory.held_back(*row.key) != row.digest:
            return row
        return hold(
            row,
            "it was moved back from %s; it moves again when the source points at something else, or with resume"
            % row.digest,
        )

    # Bringing ---------------------------------------------------------------------------------------------------------

    def copy(self, ledger: Ledger, journal: MoveJournal) -> None:
        """Content first, then tags that stay, at last those that move."""
        failed: Dict[Tuple[str, str], List[str]] = {}
        floating: List[Tuple[Copier, List[Row]]] = []
        for seen in self.looks:
            todo = [row for row in seen.rows if row.action in BRINGS]
            if not todo:
                continue
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
            self._tag(copier, [row for row in left if not row.floating], ledger, journal)
            floating.append((copier, [row for row in left if row.floating]))
            self._tell(seen, todo, ledger)
        waits = (
            waiting_for(self.rows, {key: sorted(set(regions)) for key, regions in failed.items()})
            if self._request.floating_scope == ALL
            else {}
        )
        for copier, rows in floating:
            for row in rows:
                if row.key in waits:
                    ledger.settle(row, DEFERRED, waits[row.key])
            self._tag(copier, [row for row in rows if row.key not in waits], ledger, journal)

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

    def _tag(self, copier: Copier, rows: Sequence[Row], ledger: Ledger, journal: MoveJournal) -> None:
        try:
            journal.add(as_moves(row for row in rows if row.previous is not None))
        except StateError as error:
            for row in rows:
                ledger.settle(row, FAILED, str(error))
            return
        put_tags(self.regions, rows, copier.content_of, ledger)

    def _tell(self, seen: Look, todo: Sequence[Row], ledger: Ledger) -> None:
        bad = sum(ledger.of(row) == FAILED for row in todo)
        waits = sum(ledger.of(row) is None for row in todo)
        self._say(
            "%s: %d tags brought%s%s"
            % (
                seen.source,
                len(todo) - bad - waits,
                ", %d move at the end" % waits if waits else "",
                ", %d failed" % bad if bad else "",
            )
        )
