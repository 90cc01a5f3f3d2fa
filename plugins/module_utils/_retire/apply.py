# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out the units of a plan, repository by repository."""

from __future__ import annotations

import threading
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DONE,
    FAILED,
    GONE,
    REFUSED,
    Unit,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.guard import Guard
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.outcomes import Outcomes
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.repair import Repair
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import UndoEntry, UndoWriter
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor

DELETED, WAS_GONE, SWITCHED_OFF = (200, 202), 404, 405


class Retirement:
    """Deletes in one registry. Without `undo` nothing is written down, and the repository is not looked at again.

    Where tags can be deleted (`tag_delete`) they are, before their manifest: not every such registry drops them with it.
    `why_off` is asked once, with a repository, when the registry turns out not to delete at all.
    """

    def __init__(
        self,
        surveyor: Surveyor,
        undo: Optional[UndoWriter],
        outcomes: Outcomes,
        tag_delete: bool,
        why_off: Callable[[str], str],
        say: Callable[[str], None],
    ) -> None:
        self._surveyor = surveyor
        self._client = surveyor.client
        self._undo = undo
        self._outcomes = outcomes
        self._tag_delete = tag_delete
        self._why_off = why_off
        self._say = say
        self._guard = threading.Lock()
        self._stopped: Optional[str] = None

    def repository(self, facts: RepositoryFacts, units: Sequence[Unit]) -> None:
        """Everything that is to go in one repository; what goes wrong is told by the outcomes."""
        guard = None
        if self._undo is not None:
            guard = Guard(self._surveyor, facts, units, self._undo, self._outcomes)
        refused: Set[str] = set()
        try:
            if guard is not None:
                self._leave(guard.before(), refused)
            for batch in self._batches(units):
                chosen = [unit for unit in batch if not self._refuse(unit, refused)]
                if guard is not None:
                    guard.begin(batch, chosen)
                self._batch(facts, chosen)
                if guard is not None:
                    self._leave(guard.between(), refused)
        except FleetError as error:
            self._outcomes.note("%s: stopped: %s" % (facts.name, error))
            for unit in units:
                self._give_up(unit, FAILED, str(error))
        if guard is not None:
            guard.after()

    def _leave(self, forbidden: Mapping[Unit, str], refused: Set[str]) -> None:
        for unit, why in forbidden.items():
            self._give_up(unit, REFUSED, why)
            refused.add(unit.digest)

    def _refuse(self, unit: Unit, refused: Set[str]) -> bool:
        """Whether a unit may not be touched: refused before, something that holds it is still there, or all has stopped."""
        if self._stopped is not None:
            self._give_up(unit, REFUSED, self._stopped)
        elif unit.digest not in refused:
            left = [one for one in unit.after if self._outcomes.of(unit.repository, one) not in (DONE, GONE)]
            if not left:
                return False
            self._give_up(unit, REFUSED, "%s, of which it is a part, is still there" % left[0])
        refused.add(unit.digest)
        return True

    def _batches(self, units: Sequence[Unit]) -> List[List[Unit]]:
        """As many units at a time as requests may be under way; never one together with what it waits for."""
        batches: List[List[Unit]] = []
        for unit in units:
            current = {one.digest for one in batches[-1]} if batches else set()
            if not batches or len(batches[-1]) >= self._client.options.concurrency or current & set(unit.after):
                batches.append([])
            batches[-1].append(unit)
        return batches

    def _batch(self, facts: RepositoryFacts, units: Sequence[Unit]) -> None:
        self._write_undo(facts, units)
        problems: Dict[Unit, str] = {}
        self._surveyor.each(units, lambda unit: self._unit(facts, unit), problems)
        for unit, why in problems.items():
            self._give_up(unit, FAILED, why)
        shared = [(unit, digest, holders) for unit in units for digest, holders in unit.shared]
        for unit, digest, holders in shared:
            left = [one for one in holders if self._outcomes.of(unit.repository, one) not in (DONE, GONE)]
            if left:
                self._outcomes.digest(unit.repository, digest, REFUSED, "%s still needs it" % left[0])
            else:
                self._delete(facts, digest)
        for unit in units:
            self._say(
                "%s %s: %s"
                % (
                    unit.repository,
                    ", ".join(unit.tags) or unit.digest,
                    self._outcomes.of(unit.repository, unit.digest),
                )
            )

    def _unit(self, facts: RepositoryFacts, unit: Unit) -> None:
        if not unit.whole:
            for tag in unit.tags:
                self._delete_tag(unit, tag)
            return
        shared = {digest for digest, _holders in unit.shared}
        before = unit.order[: unit.order.index(unit.digest)]
        for digest in before:
            if digest not in shared and not self._delete(facts, digest):
                self._outcomes.digest(
                    unit.repository, unit.digest, FAILED, "what is attached to it could not be deleted"
                )
                self._leave_children(unit, shared)
                return
        if not self._delete(facts, unit.digest):
            self._leave_children(unit, shared)
            if self._undo is not None:
                repair = Repair(self._surveyor, facts, self._undo, self._outcomes)
                repair.units([unit], "what it is attached to could not be deleted")
            return
        for digest in unit.order[len(before) + 1 :]:
            if digest not in shared:
                self._delete(facts, digest)

    def _leave_children(self, unit: Unit, shared: Set[str]) -> None:
        for digest in unit.order[unit.order.index(unit.digest) + 1 :]:
            if digest not in shared:
                self._outcomes.digest(unit.repository, digest, REFUSED, "%s still needs it" % unit.digest)

    def _delete(self, facts: RepositoryFacts, digest: str) -> bool:
        """Delete one manifest with its tags; whether it is gone."""
        name = facts.name
        if self._stopped is not None:
            self._outcomes.digest(name, digest, REFUSED, self._stopped)
            return False
        dropped: List[str] = []
        try:
            if self._tag_delete:
                for tag in [tag for tag, other in facts.tags.items() if other == digest]:
                    if self._drop_tag(name, tag, digest):
                        dropped.append(tag)
            status = self._client.delete(name, digest)
        except RegistryError as error:
            outcome, why = FAILED, str(error)
        else:
            if status in (*DELETED, WAS_GONE):
                self._outcomes.digest(name, digest, GONE if status == WAS_GONE else DONE)
                return True
            outcome, why = self._refusal(name, status)
        self._outcomes.digest(name, digest, outcome, why)
        for tag in dropped:
            self._put_tag_back(facts, tag, digest)
        return False

    def _drop_tag(self, repository: str, tag: str, digest: str) -> bool:
        """Delete a tag alone, if it still points there; whether that was done. Raises RegistryError."""
        head = self._client.head(repository, tag)
        if head is None:
            return False
        if head.digest != digest:
            self._outcomes.tag(repository, tag, REFUSED, "it was moved to %s meanwhile" % head.digest)
            return False
        status = self._client.delete(repository, tag)
        if status in (*DELETED, WAS_GONE):
            return status != WAS_GONE
        raise RegistryError("its tag %s could not be deleted: %s" % (tag, self._refusal(repository, status)[1]))

    def _put_tag_back(self, facts: RepositoryFacts, tag: str, digest: str) -> None:
        """A manifest that could not be deleted keeps its tags, unless somebody pushed them anew meanwhile."""
        try:
            if self._client.head(facts.name, tag) is not None:
                return
            data = self._surveyor.reader.bytes_of(facts.name, digest)
            if data is None:
                raise RegistryError("its manifest is not there any more")
            self._client.put_manifest(facts.name, tag, facts.manifests[digest].media_type, data)
        except FleetError as error:
            self._outcomes.note(
                "tag %s:%s went without %s and could not be put back: %s" % (facts.name, tag, digest, error)
            )

    def _refusal(self, repository: str, status: int) -> Tuple[str, str]:
        """Outcome and reason. That a registry deletes nothing is told as one failure, not as one for each manifest."""
        if status != SWITCHED_OFF:
            return FAILED, "the registry refuses to delete it (%d)" % status
        with self._guard:
            if self._stopped is not None:
                return REFUSED, self._stopped
            self._stopped = self._why_off(repository)
            return FAILED, self._stopped

    def _delete_tag(self, unit: Unit, tag: str) -> None:
        """A tag that goes while its manifest stays."""
        try:
            if self._drop_tag(unit.repository, tag, unit.digest):
                self._outcomes.tag(unit.repository, tag, DONE)
            elif not self._outcomes.has_tag(unit.repository, tag):
                self._outcomes.tag(unit.repository, tag, GONE)
        except RegistryError as error:
            self._outcomes.tag(unit.repository, tag, FAILED, str(error))

    def _give_up(self, unit: Unit, outcome: str, why: str) -> None:
        """For all of a unit that nothing has become of yet."""
        if not unit.whole:
            for tag in unit.tags:
                self._outcomes.tag(unit.repository, tag, outcome, why)
        for digest in unit.order:
            if self._outcomes.of(unit.repository, digest) is None:
                self._outcomes.digest(unit.repository, digest, outcome, why)

    def _write_undo(self, facts: RepositoryFacts, units: Sequence[Unit]) -> None:
        """Bytes and tags of all that is about to go; what cannot be kept is not deleted. Raises FleetError."""
        if self._undo is None:
            return
        entries: List[UndoEntry] = []
        content: Dict[str, bytes] = {}
        for unit in units:
            if not unit.whole:
                entries.append(_entry(facts, unit.digest, unit.tags, False))
                continue
            for digest in unit.order:
                data = self._surveyor.reader.bytes_of(unit.repository, digest)
                if data is not None:
                    content[digest] = data
                    tags = [tag for tag, other in facts.tags.items() if other == digest]
                    entries.append(_entry(facts, digest, tags, True))
        self._undo.add(entries, content)


def _entry(facts: RepositoryFacts, digest: str, tags: Sequence[str], whole: bool) -> UndoEntry:
    manifest = facts.manifests.get(digest)
    return UndoEntry(facts.name, digest, manifest.media_type if manifest else "", tuple(sorted(tags)), whole)
