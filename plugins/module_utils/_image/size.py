# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes in bytes: GB = 10^9, GiB = 2^30."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([a-z]*)", re.IGNORECASE)


def parse_size(value: Any) -> int:
    """Bytes; raises PolicyError with the value and what is accepted."""
    match = None if isinstance(value, bool) or value is None else _SIZE.fullmatch(str(value).strip())
    if not match or match.group(2).lower() not in UNITS:
        raise PolicyError("%r is not a size; write for example 500MB, 10GB (10^9) or 5GiB (2^30)" % (value,))
    return int(float(match.group(1)) * UNITS[match.group(2).lower()])


def format_size(size: int) -> str:
    """Decimal units, as the engine shows them: `1.24 GB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(amount) < 1000 or unit == "TB":
            return "%d B" % size if unit == "B" else "%.2f %s" % (amount, unit)
        amount /= 1000
    return "%d B" % size
