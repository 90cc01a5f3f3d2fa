# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVEX documents: what an author says of vulnerabilities in products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class Statement:
    """`names` are the vulnerability's, `made` epoch seconds, `where` its place (`team.vex.json: statements[2]`)."""

    names: Tuple[str, ...]
    status: str
    justification: Optional[str]
    made: int
    author: str
    document: str
    where: str


def parse_vex(text: str, where: str) -> Tuple[Statement, ...]:
    """The statements of one document (0.2.0, or 0.0.1 with products as texts); several documents are added up.

    Raises PolicyError naming file, place, value and what is accepted.
    """
    raise NotImplementedError
