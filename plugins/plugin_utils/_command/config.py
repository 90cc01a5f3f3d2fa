# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON configuration of one scheduled job, and whether its policy is still in force (S10)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import (
    CLEANUP,
    COMMANDS,
    MAXIMUM_BYTES,
    SCHEMA,
    parse_notification,
    policy_hash,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import LOG, Paths
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time, parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MODES = ("report", "apply")


@dataclass(frozen=True)
class CommandConfig:
    """One configuration file. Times are epoch seconds; `schema_problem` is set when only planning is possible."""

    name: str
    command: str
    mode: str
    options: Mapping[str, Any]
    report_file: str
    metrics_file: Optional[str]
    log_file: str
    issued: Optional[int]
    valid_until: Optional[int]
    schema_problem: Optional[str]
    notify_command: Tuple[str, ...] = ()
    notify_after: int = 1

    def plan_only(self, now: int) -> Optional[str]:
        """Why this policy may plan and not delete at `now`, or None."""
        if self.schema_problem is not None:
            return self.schema_problem
        if self.valid_until is None:
            return "the configuration has no valid_until; run the playbook that installed it"
        if now >= self.valid_until:
            ended = iso_time(self.valid_until)
            return f"the policy expired at {ended}; run the playbook that installed it, which renews it"
        return None

    @property
    def policy_hash(self) -> str:
        """Names the policy in the log line: the same wherever the same rules are in force."""
        return policy_hash(self.mode, self.options, self.command)


def read_config(path: str) -> CommandConfig:
    """Raises PolicyError naming file, key, value and what would be accepted."""
    try:
        data = read_capped(path, MAXIMUM_BYTES)
    except StateError as error:
        raise PolicyError(str(error)) from error
    if data is None:
        raise PolicyError(f"there is no configuration {path}; it is written by the module host_command")
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise PolicyError(f"{path} holds a {type(document).__name__}, a JSON object is needed")
    return _parse(path, document)


def _parse(path: str, document: Dict[str, Any]) -> CommandConfig:
    name = os.path.splitext(os.path.basename(path))[0]
    schema = document.get("schema")
    problem = None
    if schema != SCHEMA or isinstance(schema, bool):
        problem = f"{path} has schema {schema!r}, this version of the command knows {SCHEMA}; update the command"
    command = document.get("command", "cleanup")
    if command not in COMMANDS:
        if problem is None:
            raise PolicyError(f"{path}: command is {command!r}, it is one of {', '.join(COMMANDS)}")
        command = CLEANUP
    mode = document.get("mode", "report")
    if mode not in MODES:
        if problem is None:
            raise PolicyError(f"{path}: mode is {mode!r}, it is one of {', '.join(MODES)}")
        mode = "report"
    options = document.get("options", {})
    if not isinstance(options, dict):
        raise PolicyError(f"{path}: options is a {type(options).__name__}, a JSON object is needed")
    notify_command, notify_after = parse_notification(
        f"{path}: ", document.get("notify_command"), document.get("notify_after")
    )
    return CommandConfig(
        name=name,
        command=command,
        mode=mode,
        options=options,
        report_file=_file(path, document, "report_file") or Paths(name).report,
        metrics_file=_file(path, document, "metrics_file"),
        log_file=_file(path, document, "log_file") or LOG,
        issued=_time(path, document, "issued"),
        valid_until=_time(path, document, "valid_until"),
        schema_problem=problem,
        notify_command=notify_command,
        notify_after=notify_after,
    )


def _file(path: str, document: Mapping[str, Any], key: str) -> Optional[str]:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("/"):
        raise PolicyError(f"{path}: {key} is {value!r}, an absolute path is needed")
    return value


def _time(path: str, document: Mapping[str, Any], key: str) -> Optional[int]:
    value = document.get(key)
    if value is None:
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError) as error:
        raise PolicyError(f"{path}: {key} is {value!r}, an ISO time like 2026-12-23T10:00:00Z is needed") from error
