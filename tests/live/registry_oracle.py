# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be in a registry after retention and after garbage collection, from what was pushed and which tags go."""

from __future__ import annotations

from typing import Iterable, Mapping

from plain_http import digest
from random_registries import Holding

Place = tuple[str, str]


class Oracle:
    """`kept` and `going` are places (repository, tag). Manifests are places (repository, digest).

    Manifests that no tag leads to were never listed by this registry: nobody can know of them, and they stay.
    """

    def __init__(self, holdings: Mapping[str, Holding], kept: Iterable[Place], going: Iterable[Place]) -> None:
        self._holdings = holdings
        self.before = _places({name: set(one.manifests) for name, one in holdings.items()})
        self.gone: set[Place] = set()
        self.known: set[Place] = set()
        for name, holding in holdings.items():
            staying = _needed(holding, {holding.tags[tag] for where, tag in kept if where == name})
            leaving = holding.with_attached(holding.tags[tag] for where, tag in going if where == name)
            self.gone |= {(name, one) for one in leaving - staying}
            self.known |= {(name, one) for one in holding.with_attached(holding.tags.values())}

    @property
    def after(self) -> set[Place]:
        """The manifests that stay."""
        return self.before - self.gone

    def marked(self, places: Iterable[Place]) -> set[str]:
        """What plain garbage collection leaves when these manifests are there: what they are and what they name."""
        found: set[str] = set()
        for name, one in places:
            manifest = self._holdings[name].manifests[one]
            found |= {one, *(child.digest for child in manifest.children), *map(digest, manifest.blobs)}
        return found

    def collected(self) -> set[str]:
        """What is on the disk after garbage collection."""
        return self.marked(self.after)

    def planned(self) -> set[str]:
        """What the plan promises to become free: all that goes, as far as nothing else that can be known holds it."""
        return self.marked(self.known) - self.marked(self.known - self.gone)

    def without_subject(self, places: set[Place]) -> set[Place]:
        """Those of these manifests that refer to one that is not among them."""
        subjects = {place: self._holdings[place[0]].manifests[place[1]].subject for place in places}
        return {place for place, one in subjects.items() if one is not None and (place[0], one.digest) not in places}


def _needed(holding: Holding, roots: set[str]) -> set[str]:
    """All that must stay with the roots: what is below them, attached to any of it, or what that is attached to."""
    found = holding.with_attached(roots)
    while True:
        more = {holding.manifests[one].subject for one in found}
        subjects = {one.digest for one in more if one is not None and one.digest in holding.manifests}
        # A signature or a list of referrers names its subject by its tag alone.
        subjects |= {subject for subject in holding.manifests if found & _attached_by_tag(holding, subject)}
        if subjects <= found:
            return found
        found = holding.with_attached(found | subjects)


def _attached_by_tag(holding: Holding, subject: str) -> set[str]:
    return {one for tag, one in holding.tags.items() if tag.startswith(subject.replace(":", "-"))}


def _places(found: Mapping[str, set[str]]) -> set[Place]:
    return {(name, one) for name, several in found.items() for one in several}
