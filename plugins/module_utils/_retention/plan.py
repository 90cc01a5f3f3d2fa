# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for one registry: a row for every tag, and for everything that is to go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Optional, Tuple

PLANNED, DONE, GONE, REFUSED = "planned", "done", "gone", "refused"
DEFERRED, PENDING, FAILED, RESTORED = "deferred", "pending", "failed", "restored"
TAG, UNTAGGED, PART, ATTACHMENT = "tag", "untagged", "part", "attachment"


@dataclass(frozen=True)
class Row:
    """One tag, or one manifest without a tag that is to go.

    `kind`: a tag, a manifest that lost its tags, a part of an index, or something attached (a signature, a referrer). `bytes`
    are those that become free with this row when all before it are gone, None where they were not counted. `unit` is the
    digest whose deletion takes this row along.
    """

    repository: str
    tag: Optional[str]
    digest: str
    kind: str
    action: str
    rule: Optional[str]
    reason: str
    kept_by: Optional[str] = None
    bytes: Optional[int] = None
    outcome: Optional[str] = None
    error: Optional[str] = None
    unit: str = ""
    used_by: Tuple[str, ...] = ()
    arrived: Optional[int] = None
    created: Optional[int] = None


@dataclass(frozen=True)
class Unit:
    """What is deleted together: the manifest `digest` with `order`, the digests that go with it in order of deletion.

    Not `whole`: only `tags` are deleted, the manifest stays. `after` are units that must be gone before (indexes that hold this
    manifest); `shared` maps a digest in `order` to all units that must be gone before it may go.
    """

    repository: str
    digest: str
    tags: Tuple[str, ...]
    whole: bool
    order: Tuple[str, ...]
    after: Tuple[str, ...] = ()
    shared: Tuple[Tuple[str, Tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Plan:
    """`rows`: deletions first, in their order; `units` what to do, in order."""

    registry: str
    rows: Tuple[Row, ...]
    units: Tuple[Unit, ...]
    exact: bool

    @property
    def deletes(self) -> Tuple[Row, ...]:
        return tuple(row for row in self.rows if row.action == "delete")

    @property
    def reclaimable(self) -> Optional[int]:
        """Bytes of all planned rows; None when bytes were not counted."""
        planned = [row.bytes for row in self.rows if row.outcome == PLANNED]
        if any(size is None for size in planned):
            return None
        return sum(size or 0 for size in planned)

    def digest(self) -> str:
        """Names what the plan deletes, now or later."""
        lines = sorted([row.repository, row.tag or "", row.digest] for row in self.deletes)
        text = json.dumps([self.registry, lines], separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
