# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: findings that somebody answers for until a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList


@dataclass(frozen=True)
class Waiver:
    """`expires` as it was written, `ends` the epoch second from which it no longer holds. `where` is its place (`waivers[3]`)."""

    id: str
    owner: str
    reason: str
    expires: str
    ends: int
    where: str
    package: Optional[str] = None
    images: Optional[PatternList] = None


def parse_waivers(entries: Any, where: str = "waivers") -> Tuple[Waiver, ...]:
    """From a list of mappings (None: none); raises PolicyError naming the place (`waivers[3].expires`), value and what is accepted."""
    raise NotImplementedError


def parse_waivers_text(text: str, where: str) -> Tuple[Waiver, ...]:
    """From a file: a JSON list of waivers, or a mapping with the one key `waivers`; `where` is its name. Raises PolicyError."""
    raise NotImplementedError
