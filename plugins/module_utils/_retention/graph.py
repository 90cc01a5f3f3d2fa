# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs what in one repository: children of indexes, referrers of subjects, signatures by tag."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts


class Graph:
    """Edges between the manifests of a repository.

    `children` of an index; `attached` to a manifest: its referrers, signatures and the index that lists its referrers.
    """

    def __init__(self, facts: RepositoryFacts) -> None:
        self._facts = facts
        self.children: Dict[str, Tuple[str, ...]] = {
            digest: tuple(child.digest for child in manifest.children if child.digest not in facts.absent)
            for digest, manifest in facts.manifests.items()
        }
        self._known = set(facts.manifests).union(*self.children.values())
        # What each manifest is attached to, by its own field, by a tag, or as the referrers API told.
        self.subjects: Dict[str, Tuple[str, ...]] = {}
        attached: Dict[str, Dict[str, None]] = {}
        for subject, digest in _attachments(facts):
            if digest in self._known and digest != subject:
                attached.setdefault(subject, {})[digest] = None
                self.subjects[digest] = self.subjects.get(digest, ()) + (subject,)
        self.attached: Mapping[str, Tuple[str, ...]] = {
            subject: tuple(digests) for subject, digests in attached.items()
        }

    def knows(self, digest: str) -> bool:
        """Whether the digest is there: read, or named by an index that was read."""
        return digest in self._known

    def below(self, digest: str) -> List[str]:
        """The digest and its children, and their children: what one pull may fetch."""
        return _reach([digest], lambda one: self.children.get(one, ()))

    def needed(self, roots: Iterable[str]) -> Set[str]:
        """All that must stay when `roots` stay: what is below them or attached to them, and what they are attached to."""
        return set(_reach(roots, self._neighbours))

    def dependents(self, *digests: str) -> List[str]:
        """The digests, all below them, and all that is attached to any of these: what may go with them."""
        return _reach(digests, lambda one: self.attached.get(one, ()) + self.children.get(one, ()))

    def deletion_order(self, digest: str, chosen: Set[str]) -> List[str]:
        """The `chosen` of its dependents: what is attached before its subject, an index before its children."""
        members = [one for one in self.dependents(digest) if one in chosen]
        before = {one: [each for each in self.attached.get(one, ()) if each in chosen] for one in members}
        for one in members:
            for child in self.children.get(one, ()):
                if child in chosen:
                    before[child].append(one)
        order: Dict[str, None] = {}
        entered: Set[str] = set()
        for member in members:
            # A stack, since graphs may be deep; what is entered and not in the order yet is a cycle.
            stack = [member]
            while stack:
                one = stack[-1]
                entered.add(one)
                missing = [each for each in before[one] if each not in entered]
                if missing:
                    stack.append(missing[0])
                else:
                    order.setdefault(stack.pop())
        return list(order)

    def _neighbours(self, one: str) -> Tuple[str, ...]:
        known = tuple(subject for subject in self.subjects.get(one, ()) if self.knows(subject))
        return self.children.get(one, ()) + self.attached.get(one, ()) + known


def _attachments(facts: RepositoryFacts) -> Iterator[Tuple[str, str]]:
    """(subject, what is attached to it)."""
    for digest, manifest in facts.manifests.items():
        if manifest.subject is not None:
            yield manifest.subject, digest
    for subject, digests in facts.referrers.items():
        for digest in digests:
            yield subject, digest
    for tag, digest in facts.tags.items():
        owner = attached_to(tag)
        if owner is not None:
            yield owner[0], digest


def _reach(roots: Iterable[str], neighbours: Callable[[str], Tuple[str, ...]]) -> List[str]:
    found: Dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting += neighbours(one)
    return list(found)
