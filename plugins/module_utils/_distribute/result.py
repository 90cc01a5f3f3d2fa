# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of registry_sync as plain data."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.job import Job
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    BRINGS,
    DEFERRED,
    DONE,
    FAILED,
    KEEP,
    PLANNED,
    REMOVE,
    Row,
    as_diff,
    as_rows,
    plan_digest,
)


def build_result(
    job: Job, rows: Sequence[Row], problems: Sequence[str], notes: Sequence[str], run_id: Optional[str]
) -> Dict[str, Any]:
    """`rows` with their outcomes; `run_id` names the run where there is something to move back."""
    differ = sum(row.action != KEEP for row in job.rows)
    unasked = sum(seen.unasked for seen in job.looks)
    compared = sum(len(seen.rows) for seen in job.looks) + unasked
    brought = bool(job.traffic.sent or job.traffic.mounted)
    return {
        "changed": brought or any(row.action != KEEP and row.outcome in (DONE, PLANNED) for row in rows),
        "plan": as_rows(rows),
        "plan_digest": plan_digest(rows),
        "diff": as_diff(rows),
        "previous_digests": [
            {"region": row.region, "repository": row.repository, "tag": row.tag, "digest": row.previous}
            for row in rows
            if row.action in BRINGS and row.previous and row.outcome != DEFERRED
        ],
        "run_id": run_id,
        "summary": {
            "tags": compared,
            "unchanged": compared - differ,
            "copied": sum(row.action in BRINGS and row.outcome == DONE for row in rows),
            "deferred": sum(row.outcome == DEFERRED for row in rows),
            "kept_back_by_scan": 0 if job.gate is None else job.gate.kept_back,
            "removed": sum(row.action == REMOVE and row.outcome == DONE for row in rows),
            "failed": sum(row.outcome == FAILED for row in rows),
            "requests": job.source.requests + sum(region.client.requests for region in job.regions),
            "source_requests": job.source.requests,
            "bytes": job.traffic.read,
            "bytes_sent": job.traffic.sent,
            "blobs": job.traffic.blobs,
            "mounted": job.traffic.mounted,
        },
        "problems": list(problems),
        "notes": list(notes),
    }


def raise_failures(result: Dict[str, Any]) -> None:
    """Raises PartialFailure with what was done, when there was anything that could not be."""
    failed = [row for row in result["plan"] if row["outcome"] == FAILED]
    problems: List[str] = result["problems"]
    if not failed and not problems:
        return
    told = []
    first = problems[0] if problems else ""
    if failed:
        told.append("%d of %d tags could not be brought to their region" % (len(failed), result["summary"]["tags"]))
        first = "%(region)s %(repository)s:%(tag)s: %(error)s" % failed[0]
    if problems:
        told.append("not everything could be compared (problems: %d)" % len(problems))
    raise PartialFailure("%s; first: %s" % (", and ".join(told), first), result)
