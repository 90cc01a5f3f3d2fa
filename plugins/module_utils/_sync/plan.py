# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done in each region so that it holds what the source holds, and what became of it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

# HOLD: it is not as at the source, and stays so for now.
COPY, MOVE, KEEP, HOLD, REMOVE, MOVE_BACK = "copy", "move", "keep", "hold", "remove", "move_back"
PLANNED, DONE, DEFERRED, FAILED = "planned", "done", "deferred", "failed"
# What a region is brought by them.
BRINGS = (COPY, MOVE)
Key = Tuple[str, str, str]


@dataclass(frozen=True)
class Row:
    """One tag in one region. `repository` is its name there; `source` its name at the source; `digest` what it shall point at.

    `origin` is the source's digest where only some platforms are copied, else the same as `digest`; `previous` is what the tag
    points at in the region, None when it is new. `by_api`: the region lists what refers to a manifest without a tag.
    """

    region: str
    repository: str
    tag: str
    digest: str
    previous: Optional[str]
    action: str
    reason: str
    floating: bool = False
    source: str = ""
    origin: str = ""
    outcome: Optional[str] = None
    error: Optional[str] = None
    by_api: bool = False

    @property
    def key(self) -> Key:
        return self.region, self.repository, self.tag


def compare_tag(
    region: str, repository: str, source: str, tag: str, digest: str, origin: str, held: Optional[str], floating: bool
) -> Row:
    """`held` is what the region's tag points at, None when there is no such tag."""
    action, reason = KEEP, "the same digest"
    if held is None:
        action, reason = COPY, "missing"
    elif held != digest:
        action, reason = MOVE, "points at %s" % held
    outcome = None if action == KEEP else PLANNED
    return Row(region, repository, tag, digest, held, action, reason, floating, source, origin, outcome)


def hold(row: Row, why: str) -> Row:
    """The same row, which stays as it is."""
    return replace(row, action=HOLD, outcome=DEFERRED, error=why)


class Ledger:
    """What became of the rows, from several threads."""

    def __init__(self) -> None:
        self._found: Dict[Key, Tuple[str, Optional[str]]] = {}
        self._lock = threading.Lock()

    def settle(self, row: Row, outcome: str, error: Optional[str] = None) -> None:
        """The first failure of a row stays."""
        with self._lock:
            if self._found.get(row.key, ("", None))[0] != FAILED:
                self._found[row.key] = (outcome, error)

    def of(self, row: Row) -> Optional[str]:
        found = self._found.get(row.key)
        return None if found is None else found[0]

    def settled(self, rows: Sequence[Row]) -> List[Row]:
        return [replace(row, outcome=found[0], error=found[1]) if found else row for row, found in self._pairs(rows)]

    def _pairs(self, rows: Sequence[Row]) -> List[Tuple[Row, Optional[Tuple[str, Optional[str]]]]]:
        return [(row, self._found.get(row.key)) for row in rows]


def plan_digest(rows: Sequence[Row]) -> str:
    """Names the plan: the same changes, the same name."""
    text = "\n".join(
        " ".join((row.region, row.repository, row.tag, "-" if row.action == REMOVE else row.digest, str(row.previous)))
        for row in sorted(rows, key=lambda row: row.key)
        if row.action not in (KEEP, HOLD)
    )
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def waiting_for(rows: Sequence[Row], failed: Mapping[Tuple[str, str], Sequence[str]]) -> Dict[Key, str]:
    """Floating tags that must not move yet, and why: some region does not hold what they shall point at.

    `failed`: (repository, digest) -> regions in which it could not be brought.
    """
    found: Dict[Key, str] = {}
    for row in rows:
        regions = failed.get((row.repository, row.digest))
        if row.floating and row.action in BRINGS and regions:
            found[row.key] = "it moves when every region holds %s; missing in %s" % (row.digest, ", ".join(regions))
    return found


def as_diff(rows: Sequence[Row]) -> Dict[str, str]:
    """Where tags pointed that change or have changed, and where they point then."""
    changed = sorted((row for row in rows if row.outcome in (PLANNED, DONE)), key=lambda row: row.key)
    line = "%s %s:%s %s\n"
    return {
        "before": "".join(line % (*row.key, row.previous) for row in changed if row.previous is not None),
        "after": "".join(line % (*row.key, row.digest) for row in changed if row.action != REMOVE),
    }


def as_rows(rows: Sequence[Row]) -> List[Dict[str, Any]]:
    """For results: what changes, or could not be told."""
    return [{key: value for key, value in asdict(row).items() if key != "by_api"} for row in rows if row.action != KEEP]
