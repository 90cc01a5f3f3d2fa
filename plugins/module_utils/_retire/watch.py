# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a repository again, just before it is touched and afterwards, and repairs what a race broke (S6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import DONE, GONE, RESTORED, Unit
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.outcomes import Outcomes
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import UndoWriter
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor


@dataclass
class Change:
    """What is new in a repository since it was planned.

    `needs` maps digests to the new or moved tag that needs them; `vanished` are tags that should be there; `problem` says
    why not everything could be read.
    """

    needs: Dict[str, str] = field(default_factory=dict)
    vanished: List[str] = field(default_factory=list)
    problem: Optional[str] = None


class Watch:
    """One repository during a run. `units` are what is to go there; all other tags are to stay."""

    def __init__(
        self, surveyor: Surveyor, facts: RepositoryFacts, units: Sequence[Unit], undo: UndoWriter, outcomes: Outcomes
    ) -> None:
        self._surveyor = surveyor
        self._client = surveyor.client
        self._facts = facts
        self._units = units
        self._undo = undo
        self._outcomes = outcomes
        going = {tag for unit in units for tag in unit.tags}
        deleted = {digest for unit in units for digest in unit.order}
        self._staying: Dict[str, str] = {
            tag: digest for tag, digest in facts.tags.items() if tag not in going and digest not in deleted
        }
        self._missing_before: Set[str] = set()

    def before(self) -> Change:
        """What happened since the plan was made: a list of the tags, and one HEAD for each that stays."""
        change = self._look(self._staying)
        self._missing_before = set(change.vanished)
        return change

    def vanished(self) -> List[str]:
        """Tags that should be there and are not: somebody moved them onto what was being deleted. One list."""
        tags = self._client.tags(self._facts.name)
        here = set(tags or ())
        return [tag for tag in self._staying if tag not in here and tag not in self._missing_before]

    def after(self) -> Change:
        """What happened while it was worked on: a list, one HEAD for each tag that stays, and whatever is new or moved."""
        return self._look(self._staying)

    def _look(self, staying: Mapping[str, str]) -> Change:
        name = self._facts.name
        change = Change()
        tags = self._client.tags(name) or []
        change.vanished = [tag for tag in staying if tag not in set(tags) and tag not in self._missing_before]
        heads = self._surveyor.digests(name, [tag for tag in tags if tag in staying])
        fresh = [tag for tag, digest in heads.tags.items() if digest != staying[tag]]
        fresh += [tag for tag in tags if tag not in self._facts.tags]
        fresh += self._still_there(tags)
        if heads.problems:
            change.problem = "%s: %s" % next(iter(heads.problems.items()))
        if fresh:
            self._add_needs(change, fresh)
        return change

    def _still_there(self, tags: Sequence[str]) -> List[str]:
        """Tags that were deleted and are there: moved or pushed again meanwhile."""
        done = {
            tag
            for unit in self._units
            if self._outcomes.of(self._facts.name, unit.digest) in (DONE, GONE)
            for tag in unit.tags
        }
        return [tag for tag in tags if tag in done]

    def _add_needs(self, change: Change, fresh: Sequence[str]) -> None:
        survey = self._surveyor.graph(self._facts.name, fresh, {})
        for tag, digest in survey.tags.items():
            subject = attached_to(tag)
            if subject is not None:
                change.needs.setdefault(subject[0], tag)
            for one in survey.below(digest):
                change.needs.setdefault(one, tag)
                manifest = survey.manifests.get(one)
                if manifest is not None and manifest.subject is not None:
                    change.needs.setdefault(manifest.subject, tag)
        if survey.problems:
            change.problem = "%s: %s" % next(iter(sorted(survey.problems.items())))

    # Repair ---------------------------------------------------------------------------------------------------------

    def put_back(self, units: Iterable[Unit], why: str) -> None:
        """Put manifests of these units back, children first; attachments get their tags again, images do not."""
        for unit in units:
            for digest in self._restore_order(unit):
                if self._outcomes.of(self._facts.name, digest) in (DONE, GONE):
                    self._put_back(digest, digest != unit.digest, why)

    def needed_units(self, needs: Mapping[str, str]) -> List[Unit]:
        return [unit for unit in self._units if any(digest in needs for digest in unit.order)]

    def put_tag_back(self, tag: str, candidates: Sequence[Unit]) -> None:
        """A tag that vanished points at its earlier manifest again; to which it had been moved cannot be known."""
        name, digest = self._facts.name, self._staying[tag]
        self.put_back(candidates, "tag %s may have been moved onto it meanwhile" % tag)
        told = (
            "it vanished during the run: somebody moved it onto a manifest that was being deleted (%s); "
            % ", ".join(
                sorted({one for unit in candidates for one in unit.tags}) or [unit.digest for unit in candidates]
            )
        )
        try:
            data = self._surveyor.reader.bytes_of(name, digest)
            if data is None:
                raise FleetError("the registry does not have %s any more" % digest)
            self._client.put_manifest(name, tag, self._facts.manifests[digest].media_type, data)
        except FleetError as error:
            self._outcomes.tag(name, tag, "failed", "%sit could not be put back: %s" % (told, error))
            return
        self._outcomes.tag(
            name, tag, RESTORED, told + "it points at %s again, as before; move it once more if that is wrong" % digest
        )
        self._outcomes.note("tag %s:%s %s" % (name, tag, told))

    def _restore_order(self, unit: Unit) -> List[str]:
        """What an index holds before the index, a subject before what is attached to it."""
        done: Dict[str, None] = {}

        def add(digest: str) -> None:
            manifest = self._facts.manifests.get(digest)
            for child in manifest.children if manifest else ():
                if child.digest in unit.order and child.digest not in done:
                    add(child.digest)
            done.setdefault(digest)

        add(unit.digest)
        for digest in unit.order:
            add(digest)
        return list(done)

    def _put_back(self, digest: str, with_tags: bool, why: str) -> None:
        name = self._facts.name
        entry, data = self._undo.entry(name, digest), self._undo.content(digest)
        try:
            if entry is None or data is None:
                raise FleetError("its bytes were not kept")
            if not self._client.has_manifest(name, digest):
                self._client.put_manifest(name, digest, entry.media_type, data)
            for tag in entry.tags if with_tags else ():
                self._client.put_manifest(name, tag, entry.media_type, data)
        except FleetError as error:
            self._outcomes.digest(name, digest, "failed", "%s; it could not be put back: %s" % (why, error))
            return
        self._outcomes.digest(name, digest, RESTORED, "put back at once: %s" % why)
