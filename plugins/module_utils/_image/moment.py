# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments: epoch seconds inside, ISO 8601 in UTC outside."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional


def iso_time(seconds: int) -> str:
    """2026-12-23T10:00:00Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso(seconds: Optional[int]) -> Optional[str]:
    """As iso_time; None for None, and for what no calendar has."""
    try:
        return None if seconds is None else iso_time(seconds)
    except (ValueError, OverflowError, OSError):
        return None


def told_time(seconds: int) -> str:
    """As iso_time, and in words for what no calendar has: files carry any time that somebody gave them."""
    return iso(seconds) or "the second %d of 1970" % seconds


def parse_time(text: Any) -> int:
    """Epoch seconds of an ISO time (without an offset: UTC). Raises ValueError, also for what is no text."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text")
    # datetime.fromisoformat knows "Z" only from Python 3.11 on.
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp())
