# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done, in the order of work, and what came of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError

PLANNED, DONE, FAILED, NOT_DONE = "planned", "done", "failed", "not_done"


@dataclass
class Row:
    """One change, with what came of it. `node` empty: the builder as a whole."""

    action: str
    node: str
    reason: str
    outcome: str = PLANNED


@dataclass(frozen=True)
class Task:
    """Rows that are carried out by one piece of work."""

    rows: Tuple[Row, ...]
    work: Callable[[], None]


class Changes:
    """Tasks of one run."""

    def __init__(self) -> None:
        self._tasks: List[Task] = []

    @property
    def rows(self) -> List[Row]:
        return [row for task in self._tasks for row in task.rows]

    def told(self) -> List[Dict[str, Any]]:
        return [asdict(row) for row in self.rows]

    def has(self, action: str, outcomes: Sequence[str] = (PLANNED, DONE, FAILED, NOT_DONE)) -> bool:
        return any(row.action == action and row.outcome in outcomes for row in self.rows)

    @property
    def failed(self) -> bool:
        return any(row.outcome == FAILED for row in self.rows)

    @property
    def any_done(self) -> bool:
        return any(row.outcome == DONE for row in self.rows)

    def add(self, action: str, node: str, reason: str, work: Callable[[], None]) -> None:
        self._tasks.append(Task((Row(action, node, reason),), work))

    def add_reason(self, action: str, node: str, reason: str) -> None:
        """One more reason for the last piece of work."""
        last = self._tasks[-1]
        self._tasks[-1] = Task((*last.rows, Row(action, node, reason)), last.work)

    def add_first(self, action: str, reasons: Sequence[str], work: Callable[[], None]) -> None:
        """Before all that was added so far."""
        self._tasks.insert(0, Task(tuple(Row(action, "", reason) for reason in reasons), work))

    def carry_out(self, after_each: Callable[[], None]) -> Optional[str]:
        """What went wrong; the rest is then not done, as each change builds on the one before."""
        problem: Optional[str] = None
        for task in self._tasks:
            outcome = NOT_DONE
            if problem is None:
                outcome, problem = _attempt(task.work)
                after_each()
            for row in task.rows:
                row.outcome = outcome
        return problem


def _attempt(work: Callable[[], None]) -> Tuple[str, Optional[str]]:
    try:
        work()
    except FleetError as error:
        return FAILED, str(error)
    return DONE, None
