# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a collection as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.look import Place
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import (
    DEFERRED,
    DONE,
    FAILED,
    REFUSED,
    CollectionPlan,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import Hold


@dataclass
class Progress:
    """What is known of a run so far.

    `before` and `after`: bytes used by blobs, and free and size of the file system; `closed`: seconds without pushes;
    `images` and `bytes` were read and compared afterwards; `problems` in words;
    `clocks`: why ages cannot be told.
    """

    notes: List[str] = field(default_factory=list)
    before: Mapping[str, int] = field(default_factory=dict)
    after: Optional[Mapping[str, int]] = None
    closed: Optional[float] = None
    images: int = 0
    bytes: int = 0
    requests: int = 0
    problems: List[str] = field(default_factory=list)
    clocks: Optional[str] = None


def build_result(
    registry: str,
    unit: str,
    place: Place,
    plan: CollectionPlan,
    told: Progress,
    changed: bool,
    hold: Optional[Hold] = None,
) -> Dict[str, Any]:
    """What module and report return."""
    rows = plan.as_rows()

    def count(outcome: str) -> int:
        return sum(row["outcome"] == outcome for row in rows)

    after = told.after or told.before
    return {
        "changed": changed,
        "plan": rows,
        "plan_digest": plan.digest,
        "summary": {
            "kept": plan.stays,
            "to_delete": len(rows),
            "deleted": count(DONE),
            "refused": count(REFUSED),
            "deferred": count(DEFERRED),
            "failed": count(FAILED),
            "reclaimable_bytes": plan.bytes,
            "reclaimed_bytes": sum(row["bytes"] for row in rows if row["outcome"] == DONE),
            "used_bytes_before": told.before["used"],
            "used_bytes": after["used"],
            "free_bytes": after["free"],
            "size_bytes": after["size"],
            "closed_seconds": None if told.closed is None else round(told.closed, 1),
            "images_read": told.images,
            "bytes_read": told.bytes,
            "requests": told.requests,
        },
        "registry": {
            "name": registry,
            "service": unit,
            "version": "%d.%d" % place.version,
            "storage_path": place.storage_path,
        },
        "hold": None if hold is None else {"reason": hold.reason, "until": iso(hold.until)},
        "clocks_distrusted": told.clocks,
        "problems": list(told.problems),
        "notes": list(told.notes),
    }
