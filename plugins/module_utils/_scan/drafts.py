# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets on the way: what is found under several names, or in several places, becomes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import normalised
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target


@dataclass
class Draft:
    """One target. `keys` are the digests that mean its content: two drafts with one of them in common are the same, unless that is an
    index and they are its images for two platforms. `configs` are those of them that are known to be of a configuration."""

    name: str
    source: str
    references: Set[str] = field(default_factory=set)
    keys: Set[str] = field(default_factory=set)
    configs: Set[str] = field(default_factory=set)
    digest: Optional[str] = None
    platform: Optional[str] = None
    hosts: Set[str] = field(default_factory=set)
    problem: Optional[str] = None

    def may_be(self, other: "Draft") -> bool:
        """Whether nothing tells that they are of two platforms."""
        return (
            self.platform is None or other.platform is None or normalised(self.platform) == normalised(other.platform)
        )

    def take(self, other: "Draft") -> None:
        """It is the same content: that which can be scanned stands for both."""
        if self.problem is not None and other.problem is None:
            self.name, self.source, self.problem = other.name, other.source, None
            self.digest, self.platform = other.digest, other.platform
        self.platform = self.platform or other.platform
        self.references |= other.references
        self.keys |= other.keys
        self.configs |= other.configs
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
            identity=self._identity(),
        )

    def _identity(self) -> Identity:
        named = {name.rpartition("@")[2] for name in (self.name, *self.references)}
        manifests = {one for one in self.keys | named if is_digest(one)} - self.configs
        return Identity(tuple(sorted(self.configs)), tuple(sorted(manifests)), self.platform)


def join_drafts(drafts: List[Draft]) -> List[Target]:
    """By name, each content once."""
    kept: Dict[int, Draft] = {}
    by_key: Dict[str, Dict[int, Draft]] = {}
    for draft in drafts:
        joined = draft
        # A draft may bring two others together, that of an index and that of its image.
        for other in {id(one): one for key in sorted(draft.keys) for one in by_key.get(key, {}).values()}.values():
            if not other.may_be(joined):
                continue
            if joined is draft:
                first, second = other, draft
            else:
                first, second = joined, other
                del kept[id(other)]
                for key in other.keys:
                    del by_key[key][id(other)]
            first.take(second)
            joined = first
        kept[id(joined)] = joined
        for key in joined.keys:
            by_key.setdefault(key, {})[id(joined)] = joined
    return [draft.target() for draft in sorted(kept.values(), key=lambda one: (one.name, one.digest or ""))]
