# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files and folders that belong to a registry, or to one run."""

from __future__ import annotations

import calendar
import re
import secrets
import time

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


def file_name(registry: str) -> str:
    """A registry as part of a path."""
    return registry.replace(":", "_").replace("[", "").replace("]", "").replace("/", "_")


def new_run_id(now: int) -> str:
    """Names a run that begins now (epoch seconds). In the order of time, also within a second; no two are the same."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    return "%s-%05x%03x" % (stamp, time.time_ns() % 10**9 // 1000, secrets.randbelow(16**3))


def is_run_id(text: str) -> bool:
    return _RUN_ID.fullmatch(text) is not None


def moment_of(run_id: str) -> int:
    """When a run began, epoch seconds."""
    return calendar.timegm(time.strptime(run_id[:16], "%Y%m%dT%H%M%SZ"))
