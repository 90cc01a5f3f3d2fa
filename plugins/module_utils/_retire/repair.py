# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts back what a run deleted and somebody needs, and what went with it although it was to stay (S6)."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.graph import Graph
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DONE,
    FAILED,
    GONE,
    RESTORED,
    Unit,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.outcomes import Outcomes
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import UndoWriter
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor

ATTEMPTS = 3


class Repair:
    """In one repository, with the bytes that the undo of this run has."""

    def __init__(self, surveyor: Surveyor, facts: RepositoryFacts, undo: UndoWriter, outcomes: Outcomes) -> None:
        self._reader = surveyor.reader
        self._client = surveyor.client
        self._facts = facts
        self._undo = undo
        self._outcomes = outcomes
        self._graph = Graph(facts)

    def units(self, units: Iterable[Unit], why: str) -> None:
        """All of these that was deleted, with all that it needs; attachments get their tags again, images do not."""
        heads = {unit.digest for unit in units}
        wanted = {digest for unit in units for digest in unit.order}
        # What several units share went with the last of them.
        wanted.update(self._graph.dependents(*wanted))
        for digest in self._in_order(wanted):
            if self._is_deleted(digest):
                self._manifest(digest, digest not in heads, why)

    def vanished(self, tag: str, manifest: Manifest, units: Sequence[Unit]) -> None:
        """A tag that went with one of these units points at its earlier manifest again; where it had been moved nobody knows."""
        name = self._facts.name
        self.units(units, "tag %s may have been moved onto it meanwhile" % tag)
        told = "it vanished during the run: somebody moved it onto a manifest that was being deleted (%s); " % _names(
            units
        )
        try:
            if not self._tag(tag, manifest.digest, manifest.media_type, self._bytes_of(manifest.digest)):
                self._outcomes.note("tag %s:%s vanished during the run and was pushed anew since" % (name, tag))
                return
        except FleetError as error:
            self._outcomes.tag(name, tag, FAILED, "%sit could not be put back: %s" % (told, error))
            return
        told += "it points at %s again, as before; move it once more if that is wrong" % manifest.digest
        self._outcomes.tag(name, tag, RESTORED, told)
        self._outcomes.note("tag %s:%s %s" % (name, tag, told))

    def dangling(self, tag: str, units: Sequence[Unit]) -> None:
        """Put units back, the last first, until a tag that leads to nothing leads to one of them."""
        name = self._facts.name
        for unit in reversed([unit for unit in units if any(self._is_deleted(digest) for digest in unit.order)]):
            self.units([unit], "tag %s was pushed onto it while it was deleted" % tag)
            if self._client.head(name, tag) is not None:
                return
        self._outcomes.note("tag %s:%s leads to nothing; it was pushed during the run, push it again" % (name, tag))

    def _is_deleted(self, digest: str) -> bool:
        return self._outcomes.of(self._facts.name, digest) in (DONE, GONE)

    def _bytes_of(self, digest: str) -> bytes:
        data = self._reader.bytes_of(self._facts.name, digest)
        if data is None:
            raise FleetError("the registry does not have %s any more" % digest)
        return data

    def _tag(self, tag: str, digest: str, media_type: str, data: bytes) -> bool:
        """Put a manifest under a tag, unless somebody has pushed that meanwhile."""
        if self._client.head(self._facts.name, tag) is not None:
            return False
        self._client.put_manifest(self._facts.name, tag, media_type, data)
        return True

    def _manifest(self, digest: str, with_tags: bool, why: str) -> None:
        name = self._facts.name
        entry, data = self._undo.entry(name, digest), self._undo.content(digest)
        try:
            if entry is None or data is None:
                raise FleetError("its bytes were not kept")
            self._put(digest, entry.media_type, data)
            for tag in entry.tags if with_tags else ():
                self._tag(tag, digest, entry.media_type, data)
        except FleetError as error:
            self._outcomes.digest(name, digest, FAILED, "%s; it could not be put back: %s" % (why, error))
            return
        self._outcomes.digest(name, digest, RESTORED, "put back at once: %s" % why)

    def _put(self, digest: str, media_type: str, data: bytes) -> None:
        """Unless it is there. While somebody else writes the same or a part of it, a registry may refuse for no good reason."""
        for left in reversed(range(ATTEMPTS)):
            try:
                if not self._client.has_manifest(self._facts.name, digest):
                    self._client.put_manifest(self._facts.name, digest, media_type, data)
                return
            except RegistryRefusal:
                if not left:
                    raise

    def _in_order(self, wanted: Set[str]) -> List[str]:
        """What an index holds before the index, a subject before what is attached to it."""
        done: Dict[str, None] = {}
        entered: Set[str] = set()
        for first in sorted(wanted):
            stack = [first]
            while stack:
                one = stack[-1]
                entered.add(one)
                needed = self._graph.children.get(one, ()) + self._graph.subjects.get(one, ())
                missing = [each for each in needed if each in wanted and each not in entered]
                if missing:
                    stack.append(missing[0])
                else:
                    done.setdefault(stack.pop())
        return list(done)


def _names(units: Sequence[Unit]) -> str:
    return ", ".join(sorted({tag for unit in units for tag in unit.tags}) or [unit.digest for unit in units])
