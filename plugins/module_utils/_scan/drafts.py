# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets on the way: what is found under several names, or in several places, becomes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target


@dataclass
class Draft:
    """One target. `keys` are the digests that mean its content: two drafts with one of them in common are the same."""

    name: str
    source: str
    references: Set[str] = field(default_factory=set)
    keys: Set[str] = field(default_factory=set)
    digest: Optional[str] = None
    platform: Optional[str] = None
    hosts: Set[str] = field(default_factory=set)
    problem: Optional[str] = None

    def take(self, other: "Draft") -> None:
        """It is the same content: that which can be scanned stands for both."""
        if self.problem is not None and other.problem is None:
            self.name, self.source, self.problem = other.name, other.source, None
            self.digest, self.platform = other.digest, other.platform
        self.platform = self.platform or other.platform
        self.references |= other.references
        self.keys |= other.keys
        self.hosts |= other.hosts

    def target(self) -> Target:
        return Target(
            name=self.name,
            source=self.source,
            references=tuple(sorted(self.references)),
            digest=self.digest,
            platform=self.platform,
            hosts=tuple(sorted(self.hosts)),
            problem=self.problem,
        )


def join_drafts(drafts: List[Draft]) -> List[Target]:
    """By name, each content once."""
    kept: List[Draft] = []
    by_key: Dict[str, Draft] = {}
    for draft in drafts:
        # A draft may bring two others together, that of an index and that of its image.
        same = list({id(by_key[key]): by_key[key] for key in sorted(draft.keys) if key in by_key}.values())
        first = same[0] if same else draft
        for other in [*same[1:], *([draft] if same else [])]:
            first.take(other)
        kept = [one for one in kept if all(one is not other for other in same[1:])]
        if not same:
            kept.append(draft)
        by_key.update(dict.fromkeys(first.keys, first))
    return [draft.target() for draft in sorted(kept, key=lambda one: (one.name, one.digest or ""))]
