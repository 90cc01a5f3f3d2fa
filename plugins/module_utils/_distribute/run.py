# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync from options to result."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.job import Job
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.remember import find_vanished, remember
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.removal import remove_rows
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.result import build_result, raise_failures
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.rollback import run_rollback
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.scan_gate import ScanGate
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import distrust
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import MoveJournal, forget_old_moves
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_verdicts import load_verdicts
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import (
    SyncMemory,
    load_sync_memory,
    sync_memory_path,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import Ledger, Row
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.removal import Vanished, plan_removal

Say = Callable[[str], None]


def run_sync(
    request: SyncRequest, apply: bool, progress: Optional[Say] = None, run_program: Optional[RunProgram] = None
) -> Dict[str, Any]:
    """Compare, and with `apply` copy, move, remove, and remember it; with `rollback` move back instead. The result as plain data.

    Raises PartialFailure (`.result`) when not everything that could be planned was done, RegistryError when the source does not
    answer, StateError when a file of ours cannot be used.
    """
    if request.rollback is not None:
        return run_rollback(request, apply, int(time.time()), run_program)
    path = sync_memory_path(request.state_dir, request.source.registry)
    memory, damage = load_sync_memory(path)
    gate, unknown = _gate(request)
    job = Job(request, progress or _silent, run_program, memory, gate)
    job.compare()
    now = job.now
    ledger, journal = Ledger(), MoveJournal(request.state_dir, request.source.registry, now)
    if apply:
        job.copy(ledger, journal)
    vanished = find_vanished(memory, job.looks, [region.name for region in job.regions], now)
    removal, refusals, notes = _remove(request, job, memory, vanished, now, apply, run_program)
    rows = [*ledger.settled(job.rows), *removal]
    if apply:
        forgotten = remember(path, rows, vanished, job.looks, now)
        refusals += [] if forgotten is None else [forgotten]
        if journal.used:
            forget_old_moves(request.state_dir, request.source.registry, now)
    notes += [why for why in (damage, unknown) if why is not None]
    run_id = journal.run_id if journal.used else None
    result = build_result(job, rows, [*job.problems, *refusals], notes, run_id)
    if apply:
        raise_failures(result)
    return result


def _gate(request: SyncRequest) -> Tuple[Optional[ScanGate], Optional[str]]:
    """Who is asked what may be brought, and why nothing is known of scans."""
    if request.scan_gate is None:
        return None, None
    verdicts, unknown = load_verdicts(request.scan_gate.state_dir)
    return ScanGate(request.scan_gate.gate, verdicts), unknown


def _remove(
    request: SyncRequest,
    job: Job,
    memory: SyncMemory,
    vanished: List[Vanished],
    now: int,
    apply: bool,
    run_program: Optional[RunProgram],
) -> Tuple[List[Row], List[str], List[str]]:
    """Rows, problems and notes."""
    if not request.remove:
        return [], [], []
    clocks = distrust(
        read_clock(now), memory.last_run, memory.boot_id, memory.boot_seconds, "registry " + job.source.name
    )
    rows, refused = plan_removal(vanished, now, request.max_removals, clocks)
    rows, problems, notes = remove_rows(request, job.regions, rows, apply, run_program)
    return rows, [*([refused] if refused is not None else []), *problems], notes


def _silent(_line: str) -> None:
    return None
