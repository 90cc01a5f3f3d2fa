# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A retention plan and what became of it, as the plain data that the module returns and reports read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DEFERRED,
    DONE,
    FAILED,
    GONE,
    PENDING,
    PLANNED,
    REFUSED,
    RESTORED,
    Plan,
    Row,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import Hold


def build_result(
    seen: Look,
    plan: Plan,
    applied: bool,
    hold: Optional[Hold],
    requests: int,
    run_id: Optional[str],
    notes: Sequence[str],
) -> Dict[str, Any]:
    """`applied`: deletions were carried out, so outcomes are final."""
    rows = [_row(row) for row in plan.rows]
    outcomes = [row["outcome"] for row in rows]
    return {
        "changed": any(outcome in (DONE, RESTORED) for outcome in outcomes)
        if applied
        else any(outcome == PLANNED for outcome in outcomes),
        "plan": rows,
        "summary": {
            "repositories": len(seen.facts.repositories),
            "kept": sum(1 for row in rows if row["action"] == "keep"),
            "to_delete": sum(1 for row in rows if row["action"] == "delete"),
            "deleted": outcomes.count(DONE),
            "gone": outcomes.count(GONE),
            "pending": outcomes.count(PENDING),
            "deferred": outcomes.count(DEFERRED),
            "refused": outcomes.count(REFUSED),
            "failed": outcomes.count(FAILED),
            "restored": outcomes.count(RESTORED),
            "requests": requests,
            "reclaimable_bytes": _bytes(plan, (PLANNED, DONE, GONE, REFUSED, FAILED, RESTORED)),
            "reclaimed_bytes": _bytes(plan, (DONE,)),
            "exact": plan.exact,
        },
        "registry": {"name": seen.facts.name, "now": iso(seen.facts.now), "tag_delete": seen.facts.tag_delete},
        "ledger_problem": seen.fleet.problem,
        "clocks_distrusted": seen.facts.clock_distrust,
        "hold": None if hold is None else {"reason": hold.reason, "until": iso(hold.until)},
        "run_id": run_id,
        "notes": list(notes),
        "diff": _diff(rows),
    }


def _bytes(plan: Plan, outcomes: Sequence[str]) -> Optional[int]:
    """Sum over rows of these outcomes; None when bytes were not counted."""
    sizes = [row.bytes for row in plan.rows if row.outcome in outcomes]
    return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)


def _row(row: Row) -> Dict[str, Any]:
    return {
        **{key: value for key, value in asdict(row).items() if key != "unit"},
        "goes_with": row.unit or None,
        "used_by": list(row.used_by),
        "arrived": iso(row.arrived),
        "created": iso(row.created),
    }


def _diff(rows: Sequence[Dict[str, Any]]) -> Dict[str, str]:
    """Before: every tag and manifest that is about to go, or went; after: those of them that stay."""
    lines = [
        (row["outcome"], "%s%s" % (row["repository"], ":" + row["tag"] if row["tag"] else "@" + row["digest"]))
        for row in rows
        if row["action"] == "delete" and row["outcome"] not in (PENDING, DEFERRED)
    ]
    after = [line for outcome, line in lines if outcome not in (PLANNED, DONE, GONE)]
    return {"before": _text([line for _outcome, line in lines]), "after": _text(after)}


def _text(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in sorted(lines))
