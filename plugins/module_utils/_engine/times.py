# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's ways to write a moment."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Optional

_RFC3339 = re.compile(r"^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$")
# docker/go-units HumanDuration, as in a container's "Exited (0) 3 days ago".
_AGO = re.compile(
    r"(?:^|\s)(?:about )?(less than a|an?|\d+) (second|minute|hour|day|week|month|year)s?(?: ago|$)", re.IGNORECASE
)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000, "year": 31536000}


def parse_moment(text: Optional[str]) -> Optional[float]:
    """Epoch seconds of an RFC 3339 time; None for an absent, malformed or zero (year 1) one."""
    match = _RFC3339.match(text or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if year <= 1:
        return None
    zone = match.group(8)
    offset = 0
    if zone != "Z":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * 60 * (1 if zone[0] == "+" else -1)
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
    return whole - offset + float(match.group(7) or 0)


def parse_time(text: Optional[str]) -> Optional[int]:
    """`parse_moment` in whole seconds."""
    moment = parse_moment(text)
    return None if moment is None else int(moment)


def parse_ended(status: str, now: int) -> Optional[int]:
    """The latest moment at which a container with this status text can have ended; None when the text does not tell.

    The list of containers gives only a rounded age ("Exited (1) 2 weeks ago"), always rounded down: the truth is earlier,
    which errs on the side of keeping.
    """
    match = _AGO.search(status)
    if not match:
        return None
    word = match.group(1).lower()
    count = 0 if word.startswith("less") else 1 if word in ("a", "an") else int(word)
    return now - count * _SECONDS[match.group(2).lower()]
