# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a garbage collection: what the collector says that it would delete, row by row, and what forbids it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import AbstractSet, Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.needs import Need
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time

MANIFEST, BLOB = "manifest", "blob"
PLANNED, DONE, REFUSED, DEFERRED, FAILED = "planned", "done", "refused", "deferred", "failed"


@dataclass(frozen=True)
class Row:
    """One piece of content that nothing needs. `bytes` is the size of its file."""

    digest: str
    kind: str
    reason: str
    bytes: int
    action: str = "delete"
    outcome: str = PLANNED
    error: Optional[str] = None


@dataclass(frozen=True)
class CollectionPlan:
    """`stays` is how many pieces of content do."""

    rows: Tuple[Row, ...]
    stays: int

    @property
    def digest(self) -> str:
        """Names the plan: the same content to go, the same name."""
        text = "\n".join(row.digest for row in self.rows)
        return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def bytes(self) -> int:
        return sum(row.bytes for row in self.rows)

    def settled(self, left: FrozenSet[str], needed: Mapping[str, str], why: str) -> "CollectionPlan":
        """With what became of it: `left` are the digests that are still there, `why` they are.

        `needed` by digest: what came to need it since the plan was made, which is no failure.
        """

        def settle(row: Row) -> Row:
            if row.digest not in left:
                return replace(row, outcome=DONE)
            if row.digest in needed:
                return replace(row, outcome=REFUSED, error="%s needs it by now" % needed[row.digest])
            return replace(row, outcome=FAILED, error=why)

        return replace(self, rows=tuple(map(settle, self.rows)))

    def deferred(self, why: str) -> "CollectionPlan":
        return replace(self, rows=tuple(replace(row, outcome=DEFERRED, error=why) for row in self.rows))

    def as_rows(self) -> List[Dict[str, Any]]:
        return [asdict(row) for row in self.rows]


def make_plan(
    storage: Storage,
    collection: Collection,
    blobs: Mapping[str, StoredBlob],
    missing: AbstractSet[str],
    own: FrozenSet[str],
) -> CollectionPlan:
    """`blobs`: what of the collection lies on the disk; `missing`: what manifests name and does not.

    `own` is our canary, of which nobody needs to be told.
    """
    deleted: Dict[str, Tuple[int, str]] = {}
    for repository in storage.repositories:
        for digest, when in repository.deleted.items():
            deleted[digest] = max(deleted.get(digest, (0, "")), (when, repository.name))
    rows = [
        Row(digest, *_reason(deleted.get(digest)), bytes=blobs[digest].size)
        for digest in sorted(collection.blobs - own)
        if digest in blobs
    ]
    return CollectionPlan(tuple(rows), len(collection.marked - missing))


def _reason(deleted: Optional[Tuple[int, str]]) -> Tuple[str, str]:
    if deleted is None:
        return BLOB, "no manifest needs it"
    return MANIFEST, "deleted from %s on %s" % (deleted[1], told_time(deleted[0]))


def would_break(collection: Collection, needs: Mapping[str, Need]) -> Optional[str]:
    """Why the collector must not run: the first thing that it would delete although an image needs it (S8)."""
    lost = sorted(digest for digest in collection.blobs if digest in needs)
    if not lost:
        return None
    more = " (and %d more)" % (len(lost) - 1) if len(lost) > 1 else ""
    return (
        "the registry's collector would delete %s%s, which %s needs. Nothing was changed. If that was deleted just now, run "
        "again; else do not collect with this program" % (lost[0], more, needs[lost[0]].by)
    )
