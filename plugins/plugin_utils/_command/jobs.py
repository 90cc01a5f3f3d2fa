# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the command: what each configuration can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import parse_collect_options
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.run import run_collection
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.request import parse_cache_options
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.run import run_emptying
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import (
    CACHE,
    CLEANUP,
    COLLECT,
    DRIFT,
    RETENTION,
    SCAN,
    SYNC,
    VERIFY,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.run import run_retention
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.lag import with_history
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.programs import run_command, run_program
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.regions import (
    drift_ending,
    parse_scheduled_sync,
    sync_ending,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scan_lines import scan_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scan_news import with_scan_news
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scans import run_scheduled_scan, scan_ending
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.verification import (
    run_scheduled_verification,
    verification_ending,
    verification_lines,
    with_signature_news,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.cache import cache_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.collection import collection_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import drift_lines, sync_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.retention import retention_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import host_lines

Progress = Optional[Callable[[str], None]]


@dataclass(frozen=True)
class Job:
    """`run` takes options, whether to act, progress and whether to remember; `lines` shows a result with so many rows.

    `acts` is false for what only looks, so that neither the mode nor the age of the policy matters. `alone` keeps two runs of one
    configuration apart, where the core has no lock of its own. `ending` tells exit code and message where no rule for all jobs does.
    `remembering` takes a result, the report before and now (epoch seconds).
    """

    help: str
    run: Callable[[Mapping[str, Any], bool, Progress, bool], Mapping[str, Any]]
    lines: Callable[[Mapping[str, Any], int], List[str]]
    acts: bool = True
    alone: bool = False
    ending: Optional[Callable[[Mapping[str, Any]], Tuple[ExitCode, str]]] = None
    remembering: Optional[Callable[[Mapping[str, Any], Mapping[str, Any], int], Mapping[str, Any]]] = None


def _cleanup(options: Mapping[str, Any], apply: bool, progress: Progress, remember: bool) -> Mapping[str, Any]:
    return run_cleanup(parse_options(options), apply, progress, remember=remember, run_program=run_program)


def _retention(options: Mapping[str, Any], apply: bool, progress: Progress, remember: bool) -> Mapping[str, Any]:
    return run_retention(parse_retention_options(options), apply, progress, remember=remember, run_program=run_program)


def _collect(options: Mapping[str, Any], apply: bool, progress: Progress, remember: bool) -> Mapping[str, Any]:
    return run_collection(
        parse_collect_options(options), apply, run_command, progress, run_program=run_program, remember=remember
    )


def _sync(options: Mapping[str, Any], apply: bool, progress: Progress, _remember: bool) -> Mapping[str, Any]:
    return run_sync(parse_scheduled_sync(options), apply, progress, run_program=run_program)


def _drift(options: Mapping[str, Any], _apply: bool, _progress: Progress, _remember: bool) -> Mapping[str, Any]:
    return run_drift(parse_scheduled_sync(options), run_program=run_program)


def _cache(options: Mapping[str, Any], apply: bool, progress: Progress, _remember: bool) -> Mapping[str, Any]:
    return run_emptying(parse_cache_options(options), apply, run_command, progress)


def _scan(options: Mapping[str, Any], _apply: bool, _progress: Progress, remember: bool) -> Mapping[str, Any]:
    return run_scheduled_scan(options, remember)


def _verify(options: Mapping[str, Any], _apply: bool, _progress: Progress, _remember: bool) -> Mapping[str, Any]:
    return run_scheduled_verification(options)


JOBS: Dict[str, Job] = {
    CLEANUP: Job(
        "plan the clean-up of this host, and delete when the configuration says apply",
        _cleanup,
        lambda result, top: host_lines(result, top=top),
    ),
    RETENTION: Job(
        "plan the retention of a registry, and delete when the configuration says apply",
        _retention,
        retention_lines,
    ),
    COLLECT: Job(
        "plan the garbage collection of a registry that runs on this host, and collect when the configuration says apply",
        _collect,
        collection_lines,
    ),
    SYNC: Job(
        "compare a registry with its regions, and bring what they lack when the configuration says apply",
        _sync,
        sync_lines,
        alone=True,
        ending=sync_ending,
    ),
    DRIFT: Job(
        "tell in what regions differ from the registry that they follow; changes nothing",
        _drift,
        drift_lines,
        acts=False,
        alone=True,
        ending=drift_ending,
        remembering=with_history,
    ),
    CACHE: Job(
        "plan the clean-up of a pull-through cache on this host, and empty it when the configuration says apply",
        _cache,
        cache_lines,
    ),
    SCAN: Job(
        "scan what the fleet runs and what registries keep, and judge it by a policy; changes no image",
        _scan,
        scan_lines,
        acts=False,
        ending=scan_ending,
        remembering=with_scan_news,
    ),
    VERIFY: Job(
        "verify the signatures of what this host or the fleet runs; changes nothing",
        _verify,
        verification_lines,
        acts=False,
        ending=verification_ending,
        remembering=with_signature_news,
    ),
}
