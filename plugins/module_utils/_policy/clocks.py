# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments that rules measure ages from, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

ARRIVED, CREATED, LAST_USED = "arrived", "created", "last_used"
CLOCKS = (ARRIVED, CREATED, LAST_USED)

# Reproducible builds write 0, 1970-01-01, or 1980-01-01 (the first date a zip archive can hold); none of them is an age.
EPOCH_DATES = 315_619_200 + 86_400
FUTURE_TOLERANCE = 300


@dataclass(frozen=True)
class Clock:
    """One moment in epoch seconds; `at` None when unknown.

    Not `exact` means: it did not happen after `at`, as far as anyone watched; when it happened is not known.
    """

    at: Optional[int] = None
    exact: bool = True
    source: str = ""


def usable(clock: Clock, now: int) -> bool:
    """False for an unknown moment, a date that is no date, and the future."""
    return clock.at is not None and EPOCH_DATES <= clock.at <= now + FUTURE_TOLERANCE


def age(clock: Clock, now: int) -> Optional[int]:
    """Seconds since the moment, never negative; None when it is not usable."""
    return max(now - clock.at, 0) if clock.at is not None and usable(clock, now) else None


def older_than(clock: Clock, seconds: int, now: int) -> Optional[bool]:
    """Whether at least `seconds` have passed; None when unknown. What was watched for too short a time is unknown."""
    passed = age(clock, now)
    if passed is None:
        return None
    if passed >= seconds:
        return True
    return False if clock.exact else None


def younger_than(clock: Clock, seconds: int, now: int) -> Optional[bool]:
    """Whether less than `seconds` have passed; None when unknown."""
    older = older_than(clock, seconds, now)
    return None if older is None else not older
