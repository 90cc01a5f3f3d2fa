# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON report of the last run."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time, parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import MEANINGS, ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import Outcome
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.version import VERSION

SCHEMA = 1
MAXIMUM_BYTES = 256 * 1024 * 1024


def make_report(config: CommandConfig, outcome: Outcome, previous: Mapping[str, Any]) -> Dict[str, Any]:
    """The JSON report. A run without a result carries the last one that had one along, so that it is not lost."""
    finished = iso_time(outcome.finished)
    document: Dict[str, Any] = {
        "schema": SCHEMA,
        "command": config.command,
        "version": VERSION,
        "name": config.name,
        "mode": config.mode,
        "applied": outcome.applied,
        "started": iso_time(outcome.started),
        "finished": finished,
        "exit_code": int(outcome.code),
        "exit_meaning": MEANINGS[outcome.code],
        "message": outcome.message,
        "policy": {
            "hash": config.policy_hash,
            "issued": None if config.issued is None else iso_time(config.issued),
            "valid_until": None if config.valid_until is None else iso_time(config.valid_until),
        },
        "result": outcome.result,
        "troubled_runs": troubled_runs(outcome.code, previous),
        "last_success": finished if outcome.code == ExitCode.OK else _time(previous.get("last_success")),
    }
    if outcome.result is None:
        kept = previous if previous.get("result") is not None else previous.get("last_with_result") or {}
        document["last_with_result"] = {
            key: kept[key] for key in ("finished", "exit_code", "result") if key in kept
        } or None
    return document


def troubled_runs(code: ExitCode, previous: Mapping[str, Any]) -> int:
    """How many runs in a row, this one included, ended otherwise than well. One that found the lock held says nothing."""
    before = previous.get("troubled_runs")
    known = before if isinstance(before, int) and before > 0 else 0
    return known if code == ExitCode.LOCKED else 0 if code in (ExitCode.OK, ExitCode.HELD) else known + 1


def write_report(path: str, document: Mapping[str, Any]) -> None:
    """Raises StateError."""
    write_atomic(path, json.dumps(document, sort_keys=True, indent=1).encode("utf-8") + b"\n")


def read_report(path: str) -> Mapping[str, Any]:
    """The report of the run before; one that cannot be read is as good as none."""
    try:
        data = read_capped(path, MAXIMUM_BYTES)
        document = json.loads(data.decode("utf-8")) if data is not None else {}
    except (StateError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) and document.get("schema") == SCHEMA else {}


def _time(value: Any) -> Optional[str]:
    """An earlier report's time, if it is one: the file may have been damaged."""
    try:
        return iso_time(parse_time(value))
    except (ValueError, OverflowError):
        return None
