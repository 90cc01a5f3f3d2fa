# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""scout_scan from request to result: find the images, scan each once, judge, report, remember."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import decode_memory, remember
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.metrics import metric_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import row, rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, Verdict, judge
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.reports import Reports, plan_reports
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import ScanRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.scans import Outcome, scan_all
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.targets import find_targets
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import (
    load_memory,
    lock_path,
    save_memory,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

_SHOWN = 5


def run_scan(
    request: ScanRequest, run: Run, run_program: Optional[RunProgram], now: int, apply: bool
) -> Dict[str, Any]:
    """The result as plain data; without `apply` neither reports nor memory are written. `now` is epoch seconds.

    Raises PartialFailure (`.result`) when an image could not be scanned, or when the policy is asked to fail; LockedError when another
    scan has the same memory; ToolMissing, ToolError and StateError before anything was scanned.
    """
    with ExitStack() as stack:
        if apply:
            stack.enter_context(exclusive_lock(lock_path(request.state_dir), "another scan"))
        memory, damage = load_memory(request.state_dir, decode_memory)
        engine = _engine(request)
        targets = find_targets(request.targets, engine, request.registries, now)
        outcomes = scan_all(targets.targets, request, run, run_program, engine, now)
        verdicts = [_judge(outcome, request, memory, now) for outcome in outcomes]
        # A report tells how things are after this scan, so the same findings make the same report the next time.
        after = remember(memory, verdicts, now)
        lasting = [_judge(outcome, request, after, now) for outcome in outcomes]
        reports = _plan_reports(request, lasting, now)
        result = _result(request, verdicts, reports, [*([damage] if damage else []), *targets.notes], now)
        if apply:
            if reports is not None:
                reports.write()
            save_memory(request.state_dir, after, damage is not None)
            _write_metrics(request, result)
    _complain(request, outcomes, result)
    return result


def _engine(request: ScanRequest) -> Callable[[], EngineApi]:
    """One connection, made when it is first needed."""
    made: List[EngineApi] = []

    def engine() -> EngineApi:
        if not made:
            api = EngineApi(request.engine)
            api.info()
            made.append(api)
        return made[0]

    return engine


def _judge(outcome: Outcome, request: ScanRequest, seen: Mapping[str, Any], now: int) -> Verdict:
    return judge(
        outcome.subject,
        outcome.scanned,
        outcome.problem,
        request.policy,
        request.waivers,
        request.statements,
        seen,
        now,
        request.listing,
    )


def _plan_reports(request: ScanRequest, verdicts: Sequence[Verdict], now: int) -> Optional[Reports]:
    if not request.report_dir:
        return None
    total = summary(verdicts, request.waivers, request.statements, now)
    return plan_reports(request.report_dir, [(row(one), summary([one], (), (), now)) for one in verdicts], total)


def _result(
    request: ScanRequest, verdicts: Sequence[Verdict], reports: Optional[Reports], notes: Sequence[str], now: int
) -> Dict[str, Any]:
    changes = reports.changes if reports is not None else ()
    total = summary(verdicts, request.waivers, request.statements, now)
    return {
        "changed": bool(changes),
        "results": [{**one, "scanned": told_time(now)} for one in rows(verdicts)],
        "summary": {**total, "reports_changed": len(changes)},
        "reports": [
            {"path": os.path.join(str(request.report_dir), name), "change": change} for name, change in changes
        ],
        "notes": list(notes),
        "diff": _diff(reports),
    }


def _diff(reports: Optional[Reports]) -> Dict[str, str]:
    if reports is None or not reports.changes:
        return {"before": "", "after": ""}
    return {
        "before_header": os.path.join(reports.folder, "index.md"),
        "after_header": os.path.join(reports.folder, "index.md"),
        "before": reports.index_before,
        "after": reports.index_after,
    }


def _write_metrics(request: ScanRequest, result: Mapping[str, Any]) -> None:
    if request.metrics_path:
        lines = metric_lines(result["results"], result["summary"], request.name)
        write_atomic(request.metrics_path, ("\n".join(lines) + "\n").encode("utf-8", "replace"), 0o644)


def _complain(request: ScanRequest, outcomes: Sequence[Outcome], result: Dict[str, Any]) -> None:
    """Raises PartialFailure with the first images and their reasons, or when there is no image that a policy could have passed."""
    if not outcomes and request.fail_on_policy:
        raise PartialFailure(
            "fail_on_policy: there was no image to scan, so nothing passed; look at images, repositories and ledger, and at notes",
            result,
        )
    failures = {outcome.subject.image for outcome in outcomes if outcome.failed}
    bad = [
        row
        for row in result["results"]
        if (row["status"] == NOT_SCANNED and (request.fail_on_policy or row["image"] in failures))
        or (row["status"] == FAILED and request.fail_on_policy)
    ]
    if not bad:
        return
    told = [
        "%s %s: %s" % (row["image"], row["status"].replace("_", " "), "; ".join(row["reasons"])) for row in bad[:_SHOWN]
    ]
    if len(bad) > _SHOWN:
        told.append("and %d more, see results" % (len(bad) - _SHOWN))
    raise PartialFailure(
        "%d of %d images did not pass: %s" % (len(bad), len(result["results"]), " | ".join(told)), result
    )
