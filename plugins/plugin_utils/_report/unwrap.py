# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result out of whatever brings it: a task, or the report of the host command."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

# What the tables show anyway.
TOLD_ANYWAY = (ExitCode.OK, ExitCode.HELD, ExitCode.DRIFT, ExitCode.UNSIGNED)


def unwrap(raw: Any, key: str) -> Tuple[Optional[Mapping[str, Any]], str, str]:
    """The result, None when there is none, when it was made, and what went wrong. A result of a task is one when it has `key`."""
    told = raw if isinstance(raw, Mapping) else {}
    message = printable(told.get("msg") or told.get("message") or "", 1000)
    if "exit_code" not in told:
        if key in told:
            return told, "", message if told.get("failed") else ""
        return None, "", message or "A host gave no result."
    problem = "" if told["exit_code"] in TOLD_ANYWAY else message
    last = told if told.get("result") else told.get("last_with_result") or {}
    return last.get("result"), str(last.get("finished") or ""), problem
