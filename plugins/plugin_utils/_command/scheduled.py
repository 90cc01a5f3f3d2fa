# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run by a configuration file."""

from __future__ import annotations

import time
import traceback
from contextlib import nullcontext
from typing import Any, Callable, ContextManager, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    FleetError,
    LockedError,
    PartialFailure,
    PolicyError,
    RefusedError,
    RegistryError,
    StateError,
    ToolError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import Paths
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.audit import append_line, audit_line
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.jobs import JOBS, Job, Progress
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.metrics import metrics, write_metrics
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.notify import is_due, notify
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import Outcome
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.report import (
    make_report,
    read_report,
    write_report,
)

Ending = Tuple[ExitCode, str, Optional[Mapping[str, Any]]]

# The first that fits: what a base class would catch as well comes after it.
EXIT_BY_ERROR = (
    (PartialFailure, ExitCode.ITEMS_FAILED),
    (RefusedError, ExitCode.REFUSED),
    (LockedError, ExitCode.LOCKED),
    (PolicyError, ExitCode.USAGE),
    (EngineError, ExitCode.ENGINE),
    (RegistryError, ExitCode.ENGINE),
    (StateError, ExitCode.STATE),
    (ToolError, ExitCode.TOOL),
    (FleetError, ExitCode.ITEMS_FAILED),
)


def run(config: CommandConfig, dry_run: bool, progress: Progress = None) -> Outcome:
    """Plan, and delete when mode, policy age and `dry_run` allow it. Never raises: how it ended is in the outcome."""
    started = int(time.time())
    job = JOBS[config.command]
    barred = config.plan_only(started) if job.acts else config.schema_problem
    applied = job.acts and config.mode == "apply" and not dry_run and barred is None
    try:
        with _kept_apart(config, job, dry_run):
            done = job.run(config.options, applied, progress, not dry_run)
        if job.remembering is not None:
            done = job.remembering(done, read_report(config.report_file), started)
        code, message, result = _ending(done, applied) if job.ending is None else (*job.ending(done), done)
    except FleetError as error:
        code, message, result = _error_ending(error)
    except Exception as error:  # a scheduled run must leave its report and metrics whatever happens
        traceback.print_exc()
        code, message, result = ExitCode.BUG, f"unexpected error: {type(error).__name__}: {error}", None
    if barred is not None and (result is not None or (code == ExitCode.USAGE and config.schema_problem)):
        code, message = ExitCode.POLICY_EXPIRED, f"planned only: {barred}" + (f"; {message}" if message else "")
    return Outcome(code, message, applied, started, int(time.time()), result)


def record(config: CommandConfig, outcome: Outcome) -> List[str]:
    """Write report, log line and metrics; every one is tried. Returns what could not be written."""
    document = make_report(config, outcome, read_report(config.report_file))
    problems = _written(config, outcome, document, (_write_report, _write_log, _write_metrics))
    if is_due(config, document):
        # After all is written, so that a program that hangs or takes this one along loses nothing.
        error = notify(config.notify_command, document)
        document["notified"] = not error
        problems += [error] if error else []
        problems += _written(config, outcome, document, (_write_report, _write_metrics))
    return problems


def _written(
    config: CommandConfig, outcome: Outcome, document: Dict[str, Any], writers: Sequence[Callable[..., None]]
) -> List[str]:
    """What could not be written."""
    problems = []
    for write in writers:
        try:
            write(config, outcome, document)
        except StateError as error:
            problems.append(str(error))
    return problems


def _kept_apart(config: CommandConfig, job: Job, dry_run: bool) -> ContextManager[None]:
    """Two runs of one configuration would do everything twice; a run by hand that only looks disturbs nobody."""
    if not job.alone or dry_run:
        return nullcontext()
    return exclusive_lock(Paths(config.name).lock, "another run of the same configuration")


def exit_code(error: FleetError) -> ExitCode:
    """The exit code that an error stands for."""
    return next(code for kind, code in EXIT_BY_ERROR if isinstance(error, kind))


def _ending(result: Mapping[str, Any], applied: bool) -> Ending:
    if result["summary"]["failed"]:
        return ExitCode.ITEMS_FAILED, f"{result['summary']['failed']} deletions failed", result
    hold = result.get("hold")
    if hold is not None and applied:
        until = f" until {hold['until']}" if hold.get("until") else ""
        return ExitCode.HELD, f"held{until}: {hold['reason']}", result
    distrusted = result.get("clocks_distrusted")
    if distrusted:
        return ExitCode.CLOCKS, f"clocks are not trusted: {distrusted}", result
    return ExitCode.OK, "", result


def _error_ending(error: FleetError) -> Ending:
    # A run that was refused before it could plan has an empty one.
    return exit_code(error), str(error), getattr(error, "result", None) or None


def _write_report(config: CommandConfig, _outcome: Outcome, document: Dict[str, Any]) -> None:
    write_report(config.report_file, document)


def _write_log(config: CommandConfig, outcome: Outcome, _document: Dict[str, Any]) -> None:
    append_line(config.log_file, audit_line(config, outcome))


def _write_metrics(config: CommandConfig, outcome: Outcome, document: Dict[str, Any]) -> None:
    if config.metrics_file is not None:
        success = document["last_success"]
        last = None if success is None else parse_time(success)
        write_metrics(config.metrics_file, metrics(config, outcome, last, document.get("notified")))
