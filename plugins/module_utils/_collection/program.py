# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry's own collector prints: what it keeps and what it deletes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, List, Optional, Set, Tuple

_VERSION = re.compile(r"\bv?([0-9]+)\.([0-9]+)(?:\.[0-9]+)?\S*\s*$")
# It marks what manifests name, by the name that they use: of content that was never pushed here that may be any text.
_MARKED = re.compile(r"\S+: marking (?:manifest|blob) (\S+) ?")
_BLOB = re.compile(r"blob eligible for deletion: (sha256:[0-9a-f]{64})")
_SUM = re.compile(r"([0-9]+) blobs marked, ([0-9]+) blobs and ([0-9]+) manifests eligible for deletion")
# What this was written for; a later one may collect in another way.
KNOWN = (2, 3)


@dataclass(frozen=True)
class Collection:
    """One run of the collector: digests it keeps and those it deletes, manifests among them, since they are stored as blobs."""

    marked: FrozenSet[str]
    blobs: FrozenSet[str]


def parse_version(text: str) -> Optional[Tuple[int, int]]:
    """From what `PROGRAM --version` prints; None for what is no registry that is known here."""
    lines = text.strip().splitlines()
    match = _VERSION.search(lines[0]) if lines and "distribution" in lines[0] else None
    if match is None or int(match.group(1)) not in KNOWN:
        return None
    return int(match.group(1)), int(match.group(2))


def parse_collection(text: str) -> Optional[Collection]:
    """From what `PROGRAM garbage-collect` prints; None when it is not what versions 2 and 3 print.

    Its own sum must agree with the lines, so that no other wording passes for an empty list, and no manifest may be among
    what it unlinks: without --delete-untagged it never does that.
    """
    marked: Set[str] = set()
    blobs: Set[str] = set()
    totals: List[Tuple[int, ...]] = []
    for line in text.split("\n"):
        for pattern, found in ((_MARKED, marked), (_BLOB, blobs)):
            match = pattern.fullmatch(line)
            if match:
                found.add(match.group(1))
        match = _SUM.fullmatch(line)
        if match:
            totals.append(tuple(int(number) for number in match.groups()))
    if totals != [(len(marked), len(blobs), 0)]:
        return None
    return Collection(frozenset(marked), frozenset(blobs))
