# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A share of the repositories, so that several hosts can each bring theirs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole


@dataclass(frozen=True)
class Shard:
    """Share `number` (from 1 on) of `count`."""

    number: int
    count: int

    def has(self, repository: str) -> bool:
        """Every repository is in exactly one share, always the same one as long as their count stays."""
        place = int.from_bytes(hashlib.sha256(repository.encode("utf-8")).digest()[:8], "big")
        return place % self.count == self.number - 1


def parse_shard(value: Any) -> Optional[Shard]:
    """`2/5`, or nothing for everything. Raises PolicyError."""
    if value in (None, ""):
        return None
    number, _slash, count = str(value).partition("/")
    parsed, total = parse_whole(number), parse_whole(count)
    if not parsed or not total or parsed > total:
        raise PolicyError("shard: %r is not a share such as 2/5, the second of five" % (value,))
    return Shard(parsed, total)
