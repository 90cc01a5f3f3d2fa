# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host command with a retention configuration on a host, as its scheduler runs it: one file, without Ansible."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Mapping

from fleet_host import FleetHost

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import encode, make_document
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.packer import build

NAME = "coverage"


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, what it printed, and its report, metrics and audit line."""

    code: int
    output: str
    report: Mapping[str, Any]
    metrics: str
    log: str


class ScheduledRetention:
    """Use as a context manager: all of it is in a folder of its own on the host, which goes away."""

    def __init__(self, host: FleetHost, options: Mapping[str, Any]) -> None:
        self._host = host
        self._options = options
        self._folder = ""

    def __enter__(self) -> "ScheduledRetention":
        self._folder = self._host.run("mktemp --directory")
        self._write("imagefleet.pyz", build())
        folders = {name: self._path(name) for name in ("state_dir", "undo_dir", "cache_dir")}
        files = {"report_file": "report", "metrics_file": "metrics", "log_file": "log"}
        wanted = {
            "command": "retention",
            "mode": "apply",
            "options": {**self._options, **folders, "ledger": self._path("ledger")},
            **{key: self._path(name) for key, name in files.items()},
        }
        self._write(NAME + ".json", encode(make_document(wanted, None, int(time.time()))))
        return self

    def __exit__(self, *_what: object) -> None:
        self._host.run("rm -r " + self._folder)

    def run(self, ledger: bytes | None) -> Ended:
        """One run by this ledger, or without the one that should be there."""
        self._host.run("rm -rf " + " ".join(map(self._path, ("ledger", "state_dir", "undo_dir"))))
        if ledger is not None:
            self._write("ledger", ledger)
        command = "python3 %s retention --config %s" % (self._path("imagefleet.pyz"), self._path(NAME + ".json"))
        said, _line, code = self._host.run(command + " 2>&1; code=$?; echo; echo $code").rpartition("\n")
        report, metrics, log = (self._host.run("cat " + self._path(name)) for name in ("report", "metrics", "log"))
        return Ended(int(code), said, json.loads(report), metrics, log.splitlines()[-1])

    def deleted_anything(self) -> bool:
        """Whether the last run wrote down how to undo something."""
        return self._host.run("ls -d %s 2>/dev/null || true" % self._path("undo_dir")) != ""

    def _path(self, name: str) -> str:
        return "%s/%s" % (self._folder, name)

    def _write(self, name: str, data: bytes) -> None:
        self._host.run("cat > " + self._path(name), data)
