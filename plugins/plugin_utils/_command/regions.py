# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule may ask of sync and drift, and how their runs end."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import (
    SyncRequest,
    parse_sync_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import DRIFTING

# What people do once, and look at.
BY_HAND = ("rollback", "resume")


def parse_scheduled_sync(options: Mapping[str, Any]) -> SyncRequest:
    """Raises PolicyError, also for what must not happen again and again."""
    for name in BY_HAND:
        if options.get(name):
            raise PolicyError("%s: a schedule cannot do that again and again; run registry_sync with it once" % name)
    return parse_sync_options(options)


def sync_ending(result: Mapping[str, Any]) -> Tuple[ExitCode, str]:
    """A run that failed to bring something raised; what is left is a plan that could not be made for everything."""
    if result["problems"]:
        return ExitCode.ITEMS_FAILED, "not everything could be compared: %s" % result["problems"][0]
    kept_back = result["summary"].get("kept_back_by_scan")
    return ExitCode.OK, "%d tags are kept back by the scan gate" % kept_back if kept_back else ""


def drift_ending(result: Mapping[str, Any]) -> Tuple[ExitCode, str]:
    """What is behind comes before what could not be read; what only the region has is not behind."""
    summary = result["summary"]
    behind = sum(summary[status] for status in DRIFTING)
    unread = bool(summary["unknown"] or result["problems"])
    told = []
    if behind:
        regions = [one["region"] for one in result["regions"] if any(one[status] for status in DRIFTING)]
        told.append("%d tags differ in %s" % (behind, ", ".join(regions)))
    if unread:
        unknown = [one["reason"] for one in result["drift"] if one["status"] == "unknown"]
        told.append("not everything could be compared: %s" % [*result["problems"], *unknown][0])
    code = ExitCode.DRIFT if behind else ExitCode.ITEMS_FAILED if unread else ExitCode.OK
    return code, "; ".join(told)
