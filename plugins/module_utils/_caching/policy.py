# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of a cache: size, age, room on the disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import parse_size

_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


@dataclass(frozen=True)
class Room:
    """What must be free: `amount` is percent when `share`, else bytes."""

    amount: float
    share: bool
    text: str

    def of(self, size: int) -> int:
        """In bytes, on a file system of `size`."""
        return int(size * self.amount / 100) if self.share else int(self.amount)


@dataclass(frozen=True)
class CachePolicy:
    """`max_size` in bytes, `max_age` in seconds since the cache was last emptied; None for no such limit."""

    max_size: Optional[int] = None
    max_age: Optional[int] = None
    min_free: Optional[Room] = None


def parse_cache_policy(options: Mapping[str, Any]) -> CachePolicy:
    """Raises PolicyError naming option, value and what is accepted."""
    size, age, free = (options.get(name) for name in ("max_size", "max_age", "min_free"))
    try:
        policy = CachePolicy(
            max_size=None if size in (None, "") else parse_size(size),
            max_age=None if age in (None, "") else parse_duration(age),
            min_free=None if free in (None, "") else _room(free),
        )
    except PolicyError as error:
        raise PolicyError("max_size, max_age, min_free: %s" % error) from error
    for name, limit in (("max_size", policy.max_size), ("max_age", policy.max_age)):
        if limit == 0:
            raise PolicyError("%s: 0 would empty the cache in every run; leave it out for no such limit" % name)
    return policy


def _room(value: Any) -> Room:
    text = str(value).strip()
    share = _SHARE.fullmatch(text)
    if share is None:
        return Room(float(parse_size(value)), False, text)
    if float(share.group(1)) >= 100:
        raise PolicyError("%s of a file system are never free; write for example 10%% or 20GB" % text)
    return Room(float(share.group(1)), True, text)
