# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How old what a scanner knows may be: one that knows nothing of the last months finds little, and that is not clean."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration, parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import CLOCK_TOLERANCE
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import instant
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

OPTION = "max_database_age"
# As much as grype allows by itself.
DEFAULT_AGE = "5d"


def parse_database_age(value: Any) -> int:
    """Seconds, DEFAULT_AGE for None. Raises PolicyError."""
    try:
        seconds = parse_duration(DEFAULT_AGE if value is None or value == "" else value)
    except PolicyError as error:
        raise PolicyError("%s: %s" % (OPTION, error)) from error
    if not seconds:
        raise PolicyError("%s: with 0 no database is ever young enough; write for example 5d" % OPTION)
    return seconds


def database_problem(built: Optional[str], oldest: int, now: int) -> Optional[str]:
    """Why nothing may be concluded from a scan with a database of that time (RFC 3339), None when it is young enough.

    `oldest` in seconds, `now` in epoch seconds. What tells no time, or one that is still to come, has an age that nobody knows.
    """
    if built is None:
        return "does not tell when its database was built, so nobody knows what it knows of; update the scanner, or its database"
    try:
        age = now - instant(built)
    except ValueError as error:
        return "says that its database was built at %s: %s" % (plain(built), error)
    if age < -CLOCK_TOLERANCE:
        return "says that its database was built at %s, which is yet to come; set clocks right" % plain(built)
    if age > oldest:
        return "has a database that was built at %s, %s ago, and %s allows %s; update it, or allow more" % (
            plain(built),
            format_duration(age),
            OPTION,
            format_duration(oldest),
        )
    return None
