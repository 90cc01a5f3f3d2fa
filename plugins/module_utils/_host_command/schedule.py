# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the command runs: cron's five fields as the one notation, translated for systemd."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Dict, List, Mapping, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

KEYWORDS = {
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *",
}
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Name, lowest, highest, names of values.
FIELDS: Tuple[Tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number + 1 for number, name in enumerate(MONTHS)}),
    ("day of week", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)}),
)
ITEM = re.compile(r"(?P<low>\*|[a-z0-9]+)(-(?P<high>[a-z0-9]+))?(/(?P<step>[0-9]+))?")


@dataclass(frozen=True)
class Schedule:
    """The values of each field, None where every value counts (`*`)."""

    minutes: Tuple[int, ...]
    hours: Tuple[int, ...]
    days: Tuple[int, ...]
    months: Tuple[int, ...]
    weekdays: Tuple[int, ...]

    @property
    def cron(self) -> str:
        """Five fields for a crontab."""
        return " ".join(
            _joined(values, low, high) for values, (_name, low, high, _names) in zip(self._values(), _cron_fields())
        )

    @property
    def calendar(self) -> str:
        """The same as systemd's OnCalendar."""
        minutes, hours, days, months, weekdays = (
            _joined(values, low, high) for values, (_name, low, high, _names) in zip(self._values(), _cron_fields())
        )
        names = ",".join(WEEKDAYS[day].capitalize() for day in self.weekdays)
        return (f"{names} " if weekdays != "*" else "") + f"*-{months}-{days} {hours}:{minutes}:00"

    def _values(self) -> Tuple[Tuple[int, ...], ...]:
        return self.minutes, self.hours, self.days, self.months, self.weekdays

    def delayed(self, seconds: int, seed: str) -> "Schedule":
        """Moved by a part of `seconds` that depends on `seed` alone, for cron, which cannot delay by itself.

        Whole minutes, and never into the next day (hour, for several hours a day): moving days would change the rule.
        """
        if len(self.minutes) != 1:
            return self
        one_hour = len(self.hours) == 1
        start = self.minutes[0] + (self.hours[0] * 60 if one_hour else 0)
        room = min(seconds // 60, (24 * 60 if one_hour else 60) - 1 - start)
        moved = start + int(hashlib.sha256(seed.encode("utf-8")).hexdigest(), 16) % (room + 1)
        hours = (moved // 60,) if one_hour else self.hours
        return Schedule((moved % 60,), hours, self.days, self.months, self.weekdays)


def parse_schedule(text: str) -> Schedule:
    """`hourly`, `daily`, `weekly`, `monthly`, or cron's five fields. Raises PolicyError naming field and value."""
    expression = KEYWORDS.get(text.strip().lower(), text.strip().lower())
    fields = expression.split()
    if len(fields) != len(FIELDS):
        raise PolicyError(
            f"schedule is {text!r}: give one of {', '.join(KEYWORDS)}, or the five fields of cron "
            f"(minute, hour, day of month, month, day of week), for example '30 2 * * *'"
        )
    values: List[Tuple[int, ...]] = [_parse_field(text, field, given) for field, given in zip(FIELDS, fields)]
    values[4] = tuple(sorted({day % 7 for day in values[4]}))
    if fields[2] != "*" and fields[4] != "*":
        # cron runs when either matches, systemd when both do.
        raise PolicyError(f"schedule is {text!r}: give a day of month or a day of week, the other is '*'")
    return Schedule(*values)


def _cron_fields() -> Tuple[Tuple[str, int, int, Mapping[str, int]], ...]:
    name, low, _high, names = FIELDS[4]
    return FIELDS[:4] + ((name, low, 6, names),)


def _joined(values: Tuple[int, ...], low: int, high: int) -> str:
    return "*" if len(values) == high - low + 1 else ",".join(str(value) for value in values)


def _parse_field(text: str, field: Tuple[str, int, int, Mapping[str, int]], given: str) -> Tuple[int, ...]:
    name, low, high, names = field
    found: Set[int] = set()
    for item in given.split(","):
        match = ITEM.fullmatch(item)
        if match is None:
            raise _field_error(text, name, item, low, high)
        parts: Dict[str, str] = {key: value for key, value in match.groupdict().items() if value is not None}
        if parts["low"] == "*":
            first, last = low, high
            if "high" in parts:
                raise _field_error(text, name, item, low, high)
        else:
            first = names.get(parts["low"], _number(parts["low"]))
            # "5/10" has no end of its own: it runs to the last value.
            last = high if "step" in parts else first
            last = names.get(parts["high"], _number(parts["high"])) if "high" in parts else last
        step = int(parts.get("step", "1"))
        if not low <= first <= last <= high or step < 1:
            raise _field_error(text, name, item, low, high)
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1


def _field_error(text: str, name: str, item: str, low: int, high: int) -> PolicyError:
    return PolicyError(
        f"schedule is {text!r}: {item!r} is no {name}; numbers from {low} to {high}, '*', lists (1,2), ranges (1-5) "
        f"and steps (*/5) are understood"
    )
