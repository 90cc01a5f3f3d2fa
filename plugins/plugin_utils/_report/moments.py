# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of a report: reading them, showing them, how long ago they were."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration


def read_moment(text: str) -> Optional[datetime]:
    """An ISO 8601 time (without an offset it is UTC), None when it is none."""
    try:
        # fromisoformat knows "Z" only from Python 3.11 on.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
        return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None


def show_moment(text: str) -> str:
    """ "2026-11-23 09:30 UTC", or the text itself when it is no time."""
    moment = read_moment(text)
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else text


def show_span(start: str, end: str) -> str:
    """How long it is from one moment to the other ("3d", "2h"), empty when either is unknown or the order is wrong."""
    first, last = read_moment(start), read_moment(end)
    if first is None or last is None or last < first:
        return ""
    seconds = int((last - first).total_seconds())
    for unit in (86400, 3600, 60):
        if seconds >= unit:
            return format_duration(seconds - seconds % unit)
    return format_duration(seconds)
