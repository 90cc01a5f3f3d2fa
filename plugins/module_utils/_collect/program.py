# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry's own program prints: its version, and what its collector marks and deletes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, Iterable, Optional, Set, Tuple

_VERSION = re.compile(r"\bv?([0-9]+)\.([0-9]+)(?:\.[0-9]+)?\S*\s*$")
_BLOB = re.compile(r"blob eligible for deletion: (sha256:[0-9a-f]{64})\s*")
_MANIFEST = re.compile(r"manifest eligible for deletion: (sha256:[0-9a-f]{64})\s*")
_SUM = re.compile(r"([0-9]+) blobs marked, ([0-9]+) blobs and ([0-9]+) manifests eligible for deletion\s*")
# What this code was written for; a later one may collect in another way.
KNOWN = (2, 3)


@dataclass(frozen=True)
class Collection:
    """One run of the collector: the blobs (manifests among them, they are stored as such) and manifest links that it deletes."""

    blobs: FrozenSet[str]
    manifests: FrozenSet[str]
    marked: int


def parse_version(text: str) -> Optional[Tuple[int, int]]:
    """From what `PROGRAM --version` prints; None for what is no registry that is known here."""
    if "distribution" not in text:
        return None
    lines = text.strip().splitlines()
    match = _VERSION.search(lines[0]) if lines else None
    if match is None or int(match.group(1)) not in KNOWN:
        return None
    return int(match.group(1)), int(match.group(2))


def parse_collection(lines: Iterable[str]) -> Optional[Collection]:
    """From what `PROGRAM garbage-collect` prints; None when it is not what versions 2 and 3 print.

    Its own sum must agree with the lines, so that no other wording passes for an empty list.
    """
    blobs: Set[str] = set()
    manifests: Set[str] = set()
    total = None
    for line in lines:
        for pattern, found in ((_BLOB, blobs), (_MANIFEST, manifests)):
            match = pattern.fullmatch(line)
            if match:
                found.add(match.group(1))
        match = _SUM.fullmatch(line)
        if match:
            total = tuple(int(number) for number in match.groups())
    if total is None or total[1] != len(blobs) or bool(total[2]) != bool(manifests):
        return None
    return Collection(frozenset(blobs), frozenset(manifests), total[0])
