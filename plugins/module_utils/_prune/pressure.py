# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk pressure: watermarks of the file system that holds the images, and what must be freed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size, parse_size

FIELDS = ("high_watermark", "low_watermark", "min_free")
ACCEPTED = "write a share (85%), bytes (400GiB) or inodes (90% inodes, 1000000 inodes)"


@dataclass(frozen=True)
class Mark:
    """One watermark: `amount` is percent (0-100) when `share`, else bytes or inodes."""

    amount: float
    share: bool
    inodes: bool
    text: str

    def absolute(self, size: int) -> int:
        """The mark in bytes or inodes of a file system of `size`."""
        return int(size * self.amount / 100) if self.share else int(self.amount)


@dataclass(frozen=True)
class Pressure:
    """Deletion starts when more than `high` is used or less than `min_free` is free, and goes on until `low` is reached."""

    high: Optional[Mark] = None
    low: Optional[Mark] = None
    min_free: Optional[Mark] = None


@dataclass(frozen=True)
class FileSystem:
    """`size`, `used` and `free` in bytes for unprivileged users (as `df` shows them), and in inodes."""

    path: str
    size: int
    used: int
    free: int
    inodes: int
    inodes_used: int


@dataclass(frozen=True)
class Need:
    """What has to be freed: `bytes` or `inodes` to the target, `relief` to the point where pressure ends; all 0 without pressure."""

    bytes: int = 0
    relief: int = 0
    inodes: int = 0
    text: str = ""

    @property
    def pressing(self) -> bool:
        return self.bytes > 0 or self.inodes > 0


def _parse_mark(field: str, value: Any) -> Optional[Mark]:
    if value is None or value == "":
        return None
    text = str(value).strip()
    if isinstance(value, bool):
        raise PolicyError("pressure.%s: %r is not a watermark; %s" % (field, value, ACCEPTED))
    words = re.match(r"^(.*?)(\s+inodes)?$", text)
    body, inodes = (words.group(1), bool(words.group(2))) if words else (text, False)
    share = re.match(r"^(\d+(?:\.\d+)?)\s*%$", body)
    if share:
        amount = float(share.group(1))
        if amount > 100:
            raise PolicyError("pressure.%s: %s is more than 100%%; %s" % (field, text, ACCEPTED))
        return Mark(amount, True, inodes, text)
    if inodes:
        if not body.isdigit():
            raise PolicyError("pressure.%s: %r is not a number of inodes; %s" % (field, text, ACCEPTED))
        return Mark(float(body), False, True, text)
    try:
        return Mark(float(parse_size(body)), False, False, text)
    except PolicyError as error:
        raise PolicyError("pressure.%s: %r is not a watermark (%s); %s" % (field, text, error, ACCEPTED)) from error


def parse_pressure(raw: Optional[Mapping[str, Any]]) -> Optional[Pressure]:
    """The pressure option; None when it sets nothing. Raises PolicyError naming field, value and what is accepted."""
    if not raw:
        return None
    if not isinstance(raw, Mapping):
        raise PolicyError("pressure: %r is not a mapping of %s" % (raw, ", ".join(FIELDS)))
    for name in raw:
        if name not in FIELDS:
            raise PolicyError("pressure.%s: no such field; it has %s" % (name, ", ".join(FIELDS)))
    high, low, free = (_parse_mark(name, raw.get(name)) for name in FIELDS)
    if low and not high:
        raise PolicyError("pressure.low_watermark: %s needs high_watermark, which says when deletion starts" % low.text)
    if high and low and (high.share, high.inodes) != (low.share, low.inodes):
        raise PolicyError(
            "pressure.low_watermark: %s and high_watermark: %s measure different things" % (low.text, high.text)
        )
    if high and low and low.amount > high.amount:
        raise PolicyError("pressure.low_watermark: %s is above high_watermark: %s" % (low.text, high.text))
    if not (high or free):
        return None
    return Pressure(high, low, free)


def measure_need(pressure: Pressure, disk: FileSystem) -> Need:
    """What the watermarks ask for on this disk now."""
    shown = "%s of %s used on %s" % (format_size(disk.used), format_size(disk.size), disk.path)
    need_bytes = need_inodes = relief = 0
    for mark, target in ((pressure.high, pressure.low or pressure.high),):
        if mark is None or target is None:
            continue
        used, size = (disk.inodes_used, disk.inodes) if mark.inodes else (disk.used, disk.size)
        if used > mark.absolute(size):
            excess = used - target.absolute(size)
            if mark.inodes:
                need_inodes = excess
            else:
                need_bytes, relief = excess, used - mark.absolute(size)
    if pressure.min_free is not None:
        mark = pressure.min_free
        size, free = (disk.inodes, disk.inodes - disk.inodes_used) if mark.inodes else (disk.size, disk.free)
        short = mark.absolute(size) - free
        if short > 0 and mark.inodes:
            need_inodes = max(need_inodes, short)
        elif short > 0:
            need_bytes, relief = max(need_bytes, short), max(relief, short)
    if disk.inodes:
        shown += " (%d%% of inodes)" % (100 * disk.inodes_used // disk.inodes)
    return Need(need_bytes, relief, need_inodes, shown)
