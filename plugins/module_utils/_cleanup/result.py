# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan and what became of it, as the plain data that modules return and reports read."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.delete import Deletion
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import CONTAINERD, HostFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import (
    DEFERRED,
    DONE,
    FAILED,
    GONE,
    REFUSED,
    Plan,
    PlannedRow,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import Hold


def removed_images(plan: Plan, deletions: Sequence[Deletion]) -> List[str]:
    """Images that are gone, in the order in which they went: every row of theirs was deleted or already gone."""
    left: Dict[str, int] = {}
    for row in plan.rows:
        left[row.id] = left.get(row.id, 0) + 1
    gone: List[str] = []
    for deletion in deletions:
        if deletion.outcome in (DONE, GONE):
            left[deletion.row.id] -= 1
            if left[deletion.row.id] == 0:
                gone.append(deletion.row.id)
    return gone


def reclaimed_bytes(facts: HostFacts, plan: Plan, deletions: Sequence[Deletion]) -> int:
    """Bytes freed: graph drivers name every layer they removed; the containerd store names images, so what they held alone counts."""
    named = {name for deletion in deletions for name in deletion.deleted}
    if facts.engine.store != CONTAINERD:
        sizes = {layer.chain: layer.size or 0 for image in facts.images for layer in image.layers or ()}
        return sum(sizes.get(name, 0) for name in named)
    gone = [image for image in removed_images(plan, deletions) if image in named]
    return Holdings(facts).total(gone).low


def build_result(
    facts: HostFacts,
    plan: Plan,
    deletions: Sequence[Deletion],
    hold: Optional[Hold],
    disk: Optional[FileSystem],
    notes: Sequence[str],
) -> Dict[str, Any]:
    """The result of a run; `deletions` is empty when nothing was applied."""
    outcomes = {deletion.row.target: deletion for deletion in deletions}
    rows = [_row(row, outcomes.get(row.target) if row.action == "delete" else None) for row in plan.rows]
    count = _counter(rows)
    reclaimable = plan.reclaimable
    return {
        "changed": any(row["outcome"] == DONE for row in rows)
        or (not deletions and any(row["outcome"] == "planned" for row in rows)),
        "plan": rows,
        "plan_digest": plan.digest(),
        "summary": {
            "images": len(facts.images),
            "references": len(rows),
            "kept": sum(1 for row in rows if row["action"] == "keep"),
            "to_delete": sum(1 for row in rows if row["action"] == "delete"),
            "deleted": count(DONE),
            "gone": count(GONE),
            "refused": count(REFUSED),
            "deferred": count(DEFERRED),
            "failed": count(FAILED),
            "unused": sum(1 for row in plan.rows if row.unused),
            "unused_bytes": sum(row.bytes for row in plan.rows if row.unused),
            "reclaimable_bytes": reclaimable.low,
            "reclaimable_bytes_max": reclaimable.high,
            "reclaimed_bytes": reclaimed_bytes(facts, plan, deletions),
            "exact": reclaimable.low == reclaimable.high,
            "target_unreachable": plan.unreachable is not None,
        },
        "near_misses": [
            {"reference": miss.reference, "id": miss.id, "peer": miss.peer, "needed_by": miss.needed_by}
            for miss in plan.near_misses
        ],
        "held": [
            {"holder": held.holder, "bytes": held.bytes, "names": list(held.names), "detail": held.detail}
            for held in plan.held
        ],
        "engine": {
            "id": facts.engine.id,
            "name": facts.engine.name,
            "version": facts.engine.version,
            "api_version": facts.engine.api_version,
            "store": facts.engine.store,
            "now": iso(facts.engine.now),
            "root": facts.engine.root,
        },
        "swarm": _swarm(facts),
        "clocks_distrusted": facts.clock_distrust,
        "sampled_since": iso(facts.sampled_since),
        "hold": None if hold is None else {"reason": hold.reason, "until": iso(hold.until)},
        "pressure": _pressure(plan, disk),
        "notes": list(notes),
        "diff": _diff(rows),
    }


def _swarm(facts: HostFacts) -> Optional[Dict[str, Any]]:
    """This node and its managers by node ID, and the images of the services where it is a manager: what a fleet protects."""
    if not facts.engine.swarm_node:
        return None
    images = {image for service in facts.services for image in (service.current, service.previous) if image}
    return {
        "node": facts.engine.swarm_node,
        "manager": facts.engine.manager,
        "managers": list(facts.engine.swarm_managers),
        "service_images": sorted(images),
    }


def _counter(rows: Sequence[Mapping[str, Any]]) -> Any:
    def count(outcome: str) -> int:
        return sum(1 for row in rows if row["outcome"] == outcome)

    return count


def _row(row: PlannedRow, deletion: Optional[Deletion]) -> Dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "action": row.action,
        "rule": row.rule,
        "reason": row.reason,
        "kept_by": row.kept_by if row.action == "keep" else None,
        "bytes": row.bytes,
        "bytes_max": row.bytes_max,
        "outcome": deletion.outcome if deletion else row.outcome,
        "error": deletion.error if deletion else row.error,
        "used_by": list(row.used_by),
        "unused": row.unused,
        "arrived": iso(row.arrived),
        "created": iso(row.created),
        "last_used": iso(row.last_used),
    }


def _pressure(plan: Plan, disk: Optional[FileSystem]) -> Optional[Dict[str, Any]]:
    if plan.need is None or disk is None:
        return None
    return {
        "path": disk.path,
        "state": plan.need.text,
        "needed_bytes": plan.need.bytes,
        "needed_inodes": plan.need.inodes,
        "pressing": plan.need.pressing,
        "unreachable": plan.unreachable,
    }


def _diff(rows: Sequence[Mapping[str, Any]]) -> Dict[str, str]:
    """Before: every name that is about to go, or went; after: those of them that stay."""
    before, after = [], []
    for row in rows:
        if row["action"] != "delete":
            continue
        line = row["reference"] or row["id"]
        before.append(line)
        if row["outcome"] not in ("planned", DONE, GONE):
            after.append(line)
    return {"before": _lines(before), "after": _lines(after)}


def _lines(names: Sequence[str]) -> str:
    return "".join(name + "\n" for name in sorted(names))
