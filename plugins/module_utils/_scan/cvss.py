# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several CVSS ratings counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional, Tuple


@dataclass(frozen=True)
class Rating:
    """`score` 0 to 10; `version` 2.0, 3.0, 3.1, 4.0; `rank` the smaller the better is who rated; `source` where it stands."""

    version: float
    rank: int
    source: str
    score: Optional[float] = None
    vector: Optional[str] = None


def best(ratings: Iterable[Rating]) -> Optional[Rating]:
    """Version 2 only when nobody rated by a newer one; then the best source, of its ratings the newest version.

    The newest version comes last because scores of different versions differ by who rated more than by the version, and the source
    that gave the severity should give the score too.
    """

    def order(rating: Rating) -> Tuple[bool, bool, int, float, str, str]:
        return (
            rating.score is None,
            rating.version < 3,
            rating.rank,
            -rating.version,
            rating.source,
            rating.vector or "",
        )

    return min((one for one in ratings if one.score is not None or one.vector), key=order, default=None)
