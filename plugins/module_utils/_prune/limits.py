# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake on a whole run (S15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


@dataclass(frozen=True)
class Limit:
    """`amount` items, or percent of all items when `share`."""

    amount: float
    share: bool
    text: str

    def exceeded(self, count: int, total: int) -> Optional[str]:
        """The figure in words when `count` of `total` is above the limit."""
        if self.share:
            percent = 100.0 * count / total if total else 0.0
            return "%d of %d (%.1f%%)" % (count, total, percent) if percent > self.amount else None
        return "%d of %d" % (count, total) if count > self.amount else None


def parse_limit(name: str, value: Any) -> Optional[Limit]:
    """`50` or `10%`; raises PolicyError naming option, value and what is accepted."""
    if value is None or value == "":
        return None
    text = str(value).strip()
    body = text[:-1].strip() if text.endswith("%") else text
    share = text.endswith("%")
    whole = body.replace(".", "", 1).isdigit() if share else body.isdigit()
    if isinstance(value, bool) or not whole or (share and float(body) > 100):
        raise PolicyError("%s: %r is neither a number of references (50) nor a share of them (10%%)" % (name, value))
    return Limit(float(body), share, text)


def parse_count(name: str, value: Any) -> Optional[int]:
    """A whole number from 1 on, or None; raises PolicyError."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not str(value).strip().isdigit() or int(str(value)) < 1:
        raise PolicyError("%s: %r is not a whole number from 1 on" % (name, value))
    return int(str(value))
