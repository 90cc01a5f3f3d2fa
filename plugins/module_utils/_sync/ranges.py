# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of semantic versions as people write them: `>=1.2 <2`, `^1.4`, `~2.1`, `1.x`, several joined by `||`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version

_PART = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*v?([0-9]+(?:\.(?:[0-9]+|x|\*))*|x|\*)")
Numbers = Tuple[int, ...]


@dataclass(frozen=True)
class _Bound:
    """From `low` (with it) up to `high` (without it); None: no end on that side."""

    low: Optional[Numbers]
    high: Optional[Numbers]

    def holds(self, numbers: Numbers) -> bool:
        return (self.low is None or numbers >= self.low) and (self.high is None or numbers < self.high)


@dataclass(frozen=True)
class VersionRange:
    """Of each alternative all bounds must hold."""

    text: str
    alternatives: Tuple[Tuple[_Bound, ...], ...]

    def matches(self, tag: str) -> bool:
        """Full releases only: a prerelease, a variant, and a tag that is no version with three numbers do not match."""
        version: Optional[Version] = parse_version(tag)
        if version is None or version.prerelease or version.variant or len(version.numbers) < 3:
            return False
        numbers = _padded(version.numbers)
        return any(all(bound.holds(numbers) for bound in bounds) for bounds in self.alternatives)


def parse_range(where: str, text: str) -> VersionRange:
    """Raises PolicyError naming the place, the value and what is accepted."""
    alternatives = []
    for alternative in text.split("||"):
        parts = _PART.findall(alternative)
        if not parts or _PART.sub("", alternative).strip():
            raise PolicyError(
                "%s: %r is not a range of versions; write for example '>=1.2 <2', '^1.4', '~2.1' or '1.x'"
                % (where, text)
            )
        alternatives.append(tuple(_bound(operator, version) for operator, version in parts))
    return VersionRange(text, tuple(alternatives))


def _bound(operator: str, text: str) -> _Bound:
    numbers: List[int] = []
    for part in text.split("."):
        if part in ("x", "*"):
            break
        numbers.append(int(part))
    given = tuple(numbers)
    if not given:
        return _Bound(None, None)
    if operator == ">=":
        return _Bound(_padded(given), None)
    if operator == ">":
        return _Bound(_next(given), None)
    if operator == "<":
        return _Bound(None, _padded(given))
    if operator == "<=":
        return _Bound(None, _next(given))
    if operator == "^":
        # What may change is what stands right of the first number that is not zero.
        fixed = next((place for place, number in enumerate(given) if number), len(given) - 1)
        return _Bound(_padded(given), _next(given[: fixed + 1]))
    if operator == "~":
        return _Bound(_padded(given), _next(given[:2]))
    return _Bound(_padded(given), _next(given))


def _next(numbers: Numbers) -> Numbers:
    """The first version that does not begin so."""
    return _padded((*numbers[:-1], numbers[-1] + 1))


def _padded(numbers: Numbers) -> Numbers:
    return (numbers + (0,) * 6)[:6]
