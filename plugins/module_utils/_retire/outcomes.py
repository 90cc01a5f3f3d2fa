# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the rows of a plan."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan, Row

Key = Tuple[str, str]


class Outcomes:
    """Outcomes by repository and digest, and for single tags by repository and tag; for several threads."""

    def __init__(self) -> None:
        self._digests: Dict[Key, Tuple[str, Optional[str]]] = {}
        self._tags: Dict[Key, Tuple[str, Optional[str]]] = {}
        self._lock = threading.Lock()
        self.notes: List[str] = []

    def digest(self, repository: str, digest: str, outcome: str, error: Optional[str] = None) -> None:
        with self._lock:
            self._digests[(repository, digest)] = (outcome, error)

    def tag(self, repository: str, tag: str, outcome: str, error: Optional[str] = None) -> None:
        with self._lock:
            self._tags[(repository, tag)] = (outcome, error)

    def of(self, repository: str, digest: str) -> Optional[str]:
        found = self._digests.get((repository, digest))
        return found[0] if found else None

    def has_tag(self, repository: str, tag: str) -> bool:
        return (repository, tag) in self._tags

    def note(self, text: str) -> None:
        with self._lock:
            self.notes.append(text)

    def settle(self, rows: Iterable[Row]) -> Tuple[Row, ...]:
        """The rows with what became of them."""
        return tuple(self._settled(row) for row in rows)

    def settle_plan(self, plan: Plan) -> Plan:
        return replace(plan, rows=self.settle(plan.rows))

    def _settled(self, row: Row) -> Row:
        found = self._tags.get((row.repository, row.tag)) if row.tag is not None else None
        if found is None and row.action == "delete":
            found = self._digests.get((row.repository, row.digest))
        return row if found is None else replace(row, outcome=found[0], error=found[1])
