# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting names and images: one batch at a time, re-checked right before (S6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.details import PerThread
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineConflict,
    EngineError,
    EngineNotFound,
    EngineUnreachable,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import (
    DONE,
    FAILED,
    GONE,
    REFUSED,
    PlannedRow,
)

# Deletions side by side: as many as a graph driver or a remote engine's logins stand. The containerd store collects
# garbage after each one, but once for all that wait for it, so more of them are faster (300 images: 75 s with 8, 58 s with
# 16); each waits for the others, though, and must be answered within the timeout.
THREADS = 8
THREADS_CONTAINERD = 16


@dataclass(frozen=True)
class Deletion:
    """What became of one row. `deleted` are the ids and layer chains that the engine says it removed."""

    row: PlannedRow
    outcome: str
    error: Optional[str] = None
    deleted: Tuple[str, ...] = ()
    lost_contact: bool = False


def delete_rows(
    api: EngineApi, store: str, groups: Sequence[Sequence[PlannedRow]], done: Callable[[Deletion], None]
) -> List[Deletion]:
    """Delete every row; the rows of one group one after the other, groups side by side.

    By name, never forced, and without the engine's own pruning of parents, so that nothing goes that the plan does not name.
    """
    connections = PerThread(api)

    def work(group: Sequence[PlannedRow]) -> List[Deletion]:
        return [_delete(connections.get(), row) for row in group]

    results: List[Deletion] = []
    threads = THREADS_CONTAINERD if store == "containerd" and api.is_local else THREADS
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for deletions in pool.map(work, groups):
            for deletion in deletions:
                done(deletion)
                results.append(deletion)
    return results


def _delete(api: EngineApi, row: PlannedRow) -> Deletion:
    try:
        answer = api.request("DELETE", image_path(row.target), {"noprune": "1"}) or []
    except EngineNotFound:
        return Deletion(row, GONE, "it was already gone")
    except EngineConflict as error:
        return Deletion(row, REFUSED, "the engine refused: %s" % error)
    except EngineUnreachable as error:
        return Deletion(
            row,
            FAILED,
            "no answer, so it may or may not be deleted; the next run will tell: %s" % error,
            lost_contact=True,
        )
    except EngineError as error:
        return Deletion(row, FAILED, str(error))
    return Deletion(row, DONE, None, tuple(str(entry["Deleted"]) for entry in answer if entry.get("Deleted")))
