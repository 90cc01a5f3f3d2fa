# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log: one line a run."""

from __future__ import annotations

import json
import os
from typing import List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import (
    COUNTS,
    REGION_COUNTS,
    SCAN_COUNTS,
    VERIFIED_COUNTS,
    Outcome,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable


def audit_line(config: CommandConfig, outcome: Outcome) -> str:
    """When, which policy, which plan, what came of it: enough to answer "who deleted this" years later."""
    fields: List[Tuple[str, object]] = [
        ("name", config.name),
        ("mode", "apply" if outcome.applied else "report"),
        ("exit", int(outcome.code)),
        ("policy", config.policy_hash),
        ("plan", (outcome.result or {}).get("plan_digest", "-")),
    ]
    counts = (*COUNTS, *REGION_COUNTS, *SCAN_COUNTS, *VERIFIED_COUNTS)
    fields += [(key, outcome.summary[key]) for key in counts if key in outcome.summary]
    fields += [
        (key, outcome.summary[key])
        for key in ("reclaimable_bytes", "reclaimed_bytes")
        if outcome.summary.get(key) is not None
    ]
    if outcome.result is not None and outcome.result.get("run_id"):
        fields.append(("undo", outcome.result["run_id"]))
    line = " ".join(f"{key}={value}" for key, value in fields)
    message = f" message={json.dumps(printable(outcome.message))}" if outcome.message else ""
    return f"{iso_time(outcome.finished)} {line}{message}"


def append_line(path: str, line: str) -> None:
    """Raises StateError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o640)
        try:
            # One write(2): lines of two commands that end at once do not mix.
            os.write(handle, line.encode("utf-8") + b"\n")
        finally:
            os.close(handle)
    except OSError as error:
        raise StateError(f"cannot append to the log {path}: {error.strerror or error}") from error
