# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations: `90m`, `24h`, `1h30m`, `14d`, `6w`."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WHOLE = re.compile(r"(?:[0-9]{1,4000}[smhdw])+")
_PART = re.compile(r"([0-9]+)([smhdw])")
MAX_SECONDS = 100 * 365 * 86400


def parse_duration(value: Any) -> int:
    """Seconds; raises PolicyError with the value and what is accepted. `0` needs no unit."""
    text = "" if isinstance(value, bool) or value is None else str(value).strip()
    if text == "0":
        return 0
    if text.isdigit():
        raise PolicyError("%s has no unit; write %sd (units: s m h d w)" % (text, text))
    if not _WHOLE.fullmatch(text):
        raise PolicyError("%r is not a duration; write for example 90m, 24h, 1h30m, 14d or 6w" % (value,))
    parts = _PART.findall(text)
    if len({unit for _number, unit in parts}) != len(parts):
        raise PolicyError("%r names a unit twice; write for example 1h30m" % (value,))
    seconds = sum(int(number) * UNITS[unit] for number, unit in parts)
    if seconds > MAX_SECONDS:
        raise PolicyError("%r is more than 100 years" % (value,))
    return seconds


def format_duration(seconds: int) -> str:
    """The two largest units that matter, rounded down: 3700000 -> `42d`, 5400 -> `1h30m`."""
    seconds = int(seconds)
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if seconds >= 2 * 86400:
        return "%dd" % (seconds // 86400)
    if seconds >= 3600:
        minutes = seconds % 3600 // 60
        return "%dh" % (seconds // 3600) + ("%dm" % minutes if minutes else "")
    if seconds >= 60:
        return "%dm" % (seconds // 60)
    return "%ds" % seconds
