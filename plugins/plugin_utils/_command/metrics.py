# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The textfile for Prometheus' node exporter."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import SCAN, VERIFY
from ansible_collections.imagefleet.docker.plugins.module_utils._image.metric_text import escaped
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.metrics import metric_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.metrics_regions import (
    Sample,
    region_families,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import (
    COUNTS,
    VERIFIED_COUNTS,
    Outcome,
)


def metrics(
    config: CommandConfig, outcome: Outcome, last_success: Optional[int], notified: Optional[bool] = None
) -> str:
    """Prometheus text format 0.0.4. A run without a result publishes no counts rather than old ones.

    `notified` is whether the notification was taken, None when there was none to send.
    """
    lines = []
    families = [*_families(config, outcome, last_success), *region_families(config, outcome)]
    if notified is not None:
        families.append(("notify_failed", "1 if notify_command failed after the last run.", [("", int(not notified))]))
    for family, help_line, samples in families:
        name = f"imagefleet_{config.command}_{family}"
        lines += [f"# HELP {name} {help_line}", f"# TYPE {name} gauge"]
        for label, value in samples:
            lines.append(f'{name}{{name="{escaped(config.name)}"{label}}} {value}')
    if config.command == SCAN and outcome.result is not None:
        lines += metric_lines(outcome.result["results"], outcome.summary, config.name)
    return "\n".join(lines) + "\n"


def _families(
    config: CommandConfig, outcome: Outcome, last_success: Optional[int]
) -> Iterator[Tuple[str, str, List[Sample]]]:
    summary = outcome.summary
    yield "last_run_timestamp_seconds", "When the last run ended.", [("", outcome.finished)]
    if last_success is not None:
        yield "last_success_timestamp_seconds", "When a run last ended with exit code 0.", [("", last_success)]
    yield "exit_code", "Exit code of the last run, see imagefleet --help.", [("", int(outcome.code))]
    yield "duration_seconds", "How long the last run took.", [("", outcome.finished - outcome.started)]
    yield "applied", "1 if the last run was allowed to delete.", [("", int(outcome.applied))]
    yield "held", "1 if the brake file held the last run.", [("", int(outcome.held))]
    if config.valid_until is not None:
        yield "policy_valid_until_timestamp_seconds", "When the policy expires.", [("", config.valid_until)]
    if config.command == SCAN and outcome.result is not None:
        blind = int(bool(outcome.result["ledger_problem"]))
        yield "ledger_incomplete", "1 if the fleet may run more than was scanned.", [("", blind)]
        return
    if config.command == VERIFY and outcome.result is not None:
        blind = int(bool(outcome.result["ledger"]["problems"]))
        yield "ledger_incomplete", "1 if more may run than was verified.", [("", blind)]
        counts = [(f',state="{key}"', summary[key]) for key in VERIFIED_COUNTS]
        yield "images", "Images in use by whether a signature holds; others were not asked for.", counts
        return
    if not summary:
        return
    for key, help_line in (
        ("images", "Images on the host when the run planned."),
        ("references", "Names of images on the host when the run planned."),
        ("repositories", "Repositories that were read."),
        ("requests", "Requests that were sent to the registry."),
        ("unused", "Images that nothing used."),
        ("reclaimable_bytes", "Bytes that the planned deletions free at least."),
        ("reclaimable_bytes_max", "Bytes that the planned deletions free at most."),
        ("reclaimed_bytes", "Bytes that the deletions of the last run freed."),
        ("used_bytes", "Bytes that the registry's content takes on the disk after the run."),
        ("free_bytes", "Bytes that are free on that file system."),
        ("closed_seconds", "How long the registry took no pushes."),
        ("down_seconds", "How long the cache was not there."),
    ):
        if summary.get(key) is not None:
            yield key, help_line, [("", summary[key])]
    counts = [(f',result="{key}"', summary[key]) for key in COUNTS if summary.get(key) is not None]
    if counts:
        yield "items", "Rows of the last plan by what became of them.", counts
    if outcome.result is not None and "ledger_problem" in outcome.result:
        blind = int(bool(outcome.result["ledger_problem"]))
        yield "ledger_incomplete", "1 if what the fleet uses is not known, so that nothing was deleted.", [("", blind)]
    if "target_unreachable" not in summary:
        return
    unreachable = int(bool(summary["target_unreachable"]))
    yield "target_unreachable", "1 if no allowed deletion reaches the disk target.", [("", unreachable)]


def write_metrics(path: str, text: str) -> None:
    """World-readable: the exporter does not run as root. Raises StateError."""
    write_atomic(path, text.encode("utf-8"), mode=0o644)
