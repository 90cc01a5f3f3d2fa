# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake on a whole run (S15)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole

_SHARE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")


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
    amount = _SHARE.fullmatch(body) if share else parse_whole(body)
    if isinstance(value, bool) or amount is None or (share and float(body) > 100):
        raise PolicyError("%s: %r is neither a number of references (50) nor a share of them (10%%)" % (name, value))
    return Limit(float(body), share, text)


def parse_count(name: str, value: Any) -> Optional[int]:
    """A whole number from 1 on, or None; raises PolicyError."""
    if value is None or value == "":
        return None
    number = parse_whole(value)
    if not number:
        raise PolicyError("%s: %r is not a whole number from 1 on" % (name, value))
    return number
