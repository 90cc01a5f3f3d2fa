# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling somebody of a run that did not end well, by a program of their choice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import Any, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.lag import longest
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

TIMEOUT = 60
# Ends that nobody needs to be told of: all went well, the brake is on, another run is at work.
QUIET = (ExitCode.OK, ExitCode.HELD, ExitCode.LOCKED)


def is_due(config: CommandConfig, report: Mapping[str, Any]) -> bool:
    """Whether there is news, or it has not been well for as many runs as the configuration waits for."""
    if not config.notify_command:
        return False
    if report["exit_code"] in QUIET:
        return report["exit_code"] == ExitCode.OK and bool((report["result"] or {}).get("news"))
    # A difference that goes away while others come is not one that lasts.
    return (longest(report["result"]) or report["troubled_runs"]) >= config.notify_after


def notify(argv: Sequence[str], report: Mapping[str, Any], timeout: int = TIMEOUT) -> str:
    """Run the program with the report as JSON on its standard input. Returns what went wrong, empty when it took it."""
    text = json.dumps(report, sort_keys=True, indent=1).encode("ascii") + b"\n"
    try:
        with subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                _output, said = process.communicate(text, timeout)
            except subprocess.TimeoutExpired:
                # With all that it started, or its own children would keep us waiting.
                os.killpg(process.pid, signal.SIGKILL)
                return "notify_command %s did not end within %d seconds" % (printable(argv[0]), timeout)
    except OSError as error:
        return "notify_command %s cannot be run: %s" % (printable(argv[0]), error.strerror or error)
    if process.returncode == 0:
        return ""
    words = printable(said.decode("utf-8", "replace").strip())
    return "notify_command %s ended with %d%s" % (printable(argv[0]), process.returncode, ": " + words if words else "")
