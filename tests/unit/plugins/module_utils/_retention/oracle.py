# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry in memory that a plan is carried out on, and what its content needs; shares no code with the planner."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, NamedTuple, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan, Unit

ATTACHMENT = re.compile(r"sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$")


class Place(NamedTuple):
    repository: str
    digest: str


class Registry:
    """Tags and manifests of all repositories as they are now; edges as they were at first, since content never changes."""

    def __init__(self, facts: RegistryFacts) -> None:
        self.tags: Dict[Tuple[str, str], str] = {}
        self.there: Set[Place] = set()
        self.read: Dict[Place, Manifest] = {}
        self.children: Dict[Place, Set[Place]] = {}
        self.attached: Dict[Place, Set[Place]] = {}
        self.subjects: Dict[Place, Set[Place]] = {}
        for repository in facts.repositories:
            self._add(repository)
        # A child that was deleted stays on the disk as long as an index names it.
        self.sizes = {child.digest: child.size for manifest in self.read.values() for child in manifest.children}
        for manifest in self.read.values():
            self.sizes.update(_own_content(manifest))

    def _add(self, facts: RepositoryFacts) -> None:
        name = facts.name
        for digest, manifest in facts.manifests.items():
            self.there.add(Place(name, digest))
            self.read[Place(name, digest)] = manifest
            for child in manifest.children:
                if child.digest not in facts.absent:
                    self.there.add(Place(name, child.digest))
                    self.children.setdefault(Place(name, digest), set()).add(Place(name, child.digest))
        for tag, digest in facts.tags.items():
            self.tags[(name, tag)] = digest
            self.there.add(Place(name, digest))
        for digest, manifest in facts.manifests.items():
            if manifest.subject and manifest.subject != digest:
                self._attach(name, manifest.subject, digest)
        for subject, digests in facts.referrers.items():
            for digest in digests:
                self._attach(name, subject, digest)
        for tag, digest in facts.tags.items():
            if subject_of(tag):
                self._attach(name, subject_of(tag), digest)

    def _attach(self, name: str, subject: str, digest: str) -> None:
        if Place(name, digest) in self.there and subject != digest:
            self.attached.setdefault(Place(name, subject), set()).add(Place(name, digest))
            if Place(name, subject) in self.there:
                self.subjects.setdefault(Place(name, digest), set()).add(Place(name, subject))

    def below(self, roots: Iterable[Place]) -> Set[Place]:
        """What a pull of any of them fetches."""
        return _closure(roots, [self.children])

    def wanted(self, roots: Iterable[Place]) -> Set[Place]:
        """What a pull fetches, and whatever is attached to it."""
        return _closure(roots, [self.children, self.attached])

    def bound(self, roots: Iterable[Place]) -> Set[Place]:
        """The same with what they are attached to."""
        return _closure(roots, [self.children, self.attached, self.subjects])

    def delete(self, place: Place) -> None:
        """As registries do: every tag of a deleted manifest goes with it."""
        assert place in self.there, "deleted twice, or never there: %s" % (place,)
        self.there.discard(place)
        self.tags = {key: digest for key, digest in self.tags.items() if Place(key[0], digest) != place}

    def apply(self, plan: Plan) -> Iterator[Tuple[Unit, bool]]:
        """After each single step: its unit, and whether that was the unit's last."""
        for unit in plan.units:
            if not unit.whole:
                for tag in unit.tags:
                    del self.tags[(unit.repository, tag)]
                yield unit, True
            for place, digest in enumerate(unit.order):
                self.delete(Place(unit.repository, digest))
                yield unit, place == len(unit.order) - 1

    def stored(self) -> Set[str]:
        """Content that garbage collection leaves: what remaining manifests are and name."""
        named: Set[str] = set()
        for place in self.there & set(self.read):
            manifest = self.read[place]
            named.update(_own_content(manifest))
            named.update(child.digest for child in manifest.children)
        return named & set(self.sizes)

    def manifests_with(self, digest: str) -> Set[Place]:
        """Those with this digest, and those with a config of it."""
        found = {place for place in self.there if place.digest == digest}
        for place in self.there & set(self.read):
            config = self.read[place].config
            if config is not None and config.digest == digest:
                found.add(place)
        return found

    def tagged(self) -> List[Place]:
        return [Place(repository, digest) for (repository, _tag), digest in self.tags.items()]


def subject_of(tag: str) -> str:
    """The digest that a tag attaches something to; empty for ordinary tags."""
    match = ATTACHMENT.match(tag)
    return "sha256:" + match.group(1) if match else ""


def _own_content(manifest: Manifest) -> Dict[str, int]:
    content = {blob.digest: blob.size for blob in manifest.blobs}
    content[manifest.digest] = manifest.size
    return content


def _closure(roots: Iterable[Place], edges: List[Dict[Place, Set[Place]]]) -> Set[Place]:
    found: Set[Place] = set()
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            for each in edges:
                waiting.extend(each.get(one, ()))
    return found
