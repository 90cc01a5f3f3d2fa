# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake file: while it is there, nothing is deleted on this host (S9)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Dict, Optional

HOLD_FILE = "/etc/imagefleet/hold"
MAXIMUM_BYTES = 64 * 1024


@dataclass(frozen=True)
class Hold:
    """Why deletion is held, and until when (epoch seconds; None: until someone removes the file)."""

    reason: str
    until: Optional[int]


def read_hold(path: str = HOLD_FILE, now: int = 0) -> Optional[Hold]:
    """The brake in force at `now` (epoch seconds), or None.

    Lines `reason: TEXT` and `until: DATE or DATE TIME` (ISO 8601; without an offset it is UTC, a bare date includes
    that day). Whatever cannot be read or understood holds without end: a brake must not fail open.
    """
    if not os.path.lexists(path):
        return None
    try:
        with open(path, "rb") as stream:
            text = stream.read(MAXIMUM_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return Hold(f"{path} exists and cannot be read: {error.strerror or error}", None)
    fields = _fields(text)
    reason = fields.get("reason") or "no reason given"
    wanted = fields.get("until")
    if wanted is None:
        return Hold(reason, None)
    until = _parse_until(wanted)
    if until is None:
        return Hold(f"{reason} (until: {wanted!r} is not an ISO date or time, so it holds without end)", None)
    return Hold(reason, until) if now < until else None


def _fields(text: str) -> Dict[str, str]:
    fields = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.lstrip().startswith("#"):
            fields[key.strip().lower()] = value.strip()
    return fields


def _parse_until(text: str) -> Optional[int]:
    # datetime.fromisoformat knows "Z" only from Python 3.11 on.
    iso = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    try:
        moment = datetime.fromisoformat(iso)
        if len(text) == len("2026-12-31"):
            moment += timedelta(days=1)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        return None
