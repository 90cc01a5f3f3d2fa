# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments that documents tell: RFC 3339 with any fraction of a second, always with a zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

# datetime.fromisoformat knows neither Z nor nine digits of a fraction before Python 3.11.
_INSTANT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,30})?)?"
    r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY = 86400


def instant(text: str) -> int:
    """Epoch seconds, fractions dropped. Raises ValueError telling why, also for a time without a zone."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("it is not a time like 2026-12-31T18:00:00Z")
    if not found["utc"] and not found["sign"]:
        raise ValueError("it has no zone, so it is another moment everywhere; add Z for UTC, or an offset like +02:00")
    # A leap second is the last one of its minute.
    second = "59" if found["second"] == "60" else found["second"] or "00"
    local = datetime.strptime("%sT%s:%s" % (found["date"], found["time"], second), "%Y-%m-%dT%H:%M:%S")
    offset = timedelta()
    if found["sign"]:
        hours, minutes = int(found["hours"]), int(found["minutes"])
        if hours > 23 or minutes > 59:
            raise ValueError("%s%02d:%02d is no offset from UTC" % (found["sign"], hours, minutes))
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if found["sign"] == "-" else 1)
    return _epoch(local) - int(offset.total_seconds())


def end_of(text: str) -> int:
    """Epoch second from which on a day (`2026-12-31`, in UTC) or a time with a zone is over. Raises ValueError telling why."""
    if not _DATE.fullmatch(text):
        return instant(text)
    return _epoch(datetime.strptime(text, "%Y-%m-%d")) + DAY


def _epoch(utc: datetime) -> int:
    return int((utc.replace(tzinfo=timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
