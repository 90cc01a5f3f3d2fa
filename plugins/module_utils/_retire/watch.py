# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a repository again: just before it is touched, in between, and afterwards (S6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Unit
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor


@dataclass
class Change:
    """What is new in a repository since it was planned.

    `needs` maps digests to the new or moved tag that needs them. `vanished` are tags that should be there: somebody moved
    them onto what was being deleted, and they went with it. `dangling` are tags that are there and lead to nothing: they were
    pushed at the very moment at which their manifest was deleted. `problem` says why not everything could be read.
    """

    needs: Dict[str, str] = field(default_factory=dict)
    vanished: List[str] = field(default_factory=list)
    dangling: List[str] = field(default_factory=list)
    problem: Optional[str] = None


class Watch:
    """One repository during a run. `units` are what is to go there; all other tags are to stay."""

    def __init__(self, surveyor: Surveyor, facts: RepositoryFacts, units: Sequence[Unit]) -> None:
        self._surveyor = surveyor
        self._facts = facts
        going = {tag for unit in units for tag in unit.tags}
        deleted = {digest for unit in units for digest in unit.order}
        self._staying: Dict[str, Manifest] = {
            tag: facts.manifests[digest]
            for tag, digest in facts.tags.items()
            if tag not in going and digest not in deleted
        }
        # What was so already before anything was touched is not the work of this run.
        self._wrong_before: Set[str] = set()

    def before(self) -> Change:
        """What happened since the plan was made: a list of the tags, and one HEAD for each that stays."""
        change = Change()
        tags = self._list(change)
        self._read(change, self._new(tags) + self._moved(change, tags))
        self._wrong_before = {*change.vanished, *change.dangling}
        return change

    def between(self) -> Change:
        """What a list of the tags shows: those that vanished, and new ones, which are to stay from now on as well."""
        change = Change()
        self._read(change, [tag for tag in self._new(self._list(change)) if tag not in self._staying])
        return change

    def after(self) -> Change:
        """What happened while it was worked on: a list, one HEAD for each tag that stays, and whatever is new or moved.

        Tags that went, or were to go, and are there have been pushed again or left alone; attachments too.
        """
        change = Change()
        tags = self._list(change)
        left = [tag for tag in tags if tag in self._facts.tags and tag not in self._staying]
        self._read(change, self._new(tags) + self._moved(change, tags) + left)
        return change

    def stays(self, unit: Unit) -> None:
        """A unit was left alone, so its tags are to stay."""
        for tag, digest in self._facts.tags.items():
            if tag in unit.tags or digest in unit.order:
                self._staying[tag] = self._facts.manifests[digest]

    def target(self, tag: str) -> Manifest:
        """Where a tag that stays pointed at when it was last seen."""
        return self._staying[tag]

    def _list(self, change: Change) -> List[str]:
        tags = self._surveyor.client.tags(self._facts.name) or []
        here = set(tags)
        change.vanished = [tag for tag in self._staying if tag not in here and tag not in self._wrong_before]
        return tags

    def _new(self, tags: Sequence[str]) -> List[str]:
        return [tag for tag in tags if tag not in self._facts.tags]

    def _moved(self, change: Change, tags: Sequence[str]) -> List[str]:
        """Of the tags that were there and stay, those that point elsewhere by now."""
        asked = [tag for tag in tags if tag in self._staying and tag in self._facts.tags]
        heads = self._surveyor.digests(self._facts.name, asked)
        if heads.problems:
            change.problem = "%s: %s" % next(iter(heads.problems.items()))
        self._dangle(change, [tag for tag in asked if tag not in heads.tags and tag not in heads.problems])
        return [tag for tag, digest in heads.tags.items() if digest != self._staying[tag].digest]

    def _read(self, change: Change, fresh: Sequence[str]) -> None:
        """What these tags need; the new ones of them are to stay."""
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
            if tag not in self._facts.tags:
                self._staying[tag] = survey.manifests[digest]
        # A list may still have a tag that went a moment ago: only of what is new or stays does it mean anything.
        self._dangle(
            change,
            [
                tag
                for tag in fresh
                if tag not in survey.tags
                and tag not in survey.problems
                and (tag in self._staying or tag not in self._facts.tags)
            ],
        )
        if survey.problems:
            change.problem = "%s: %s" % next(iter(sorted(survey.problems.items())))

    def _dangle(self, change: Change, tags: Sequence[str]) -> None:
        change.dangling += [tag for tag in tags if tag not in self._wrong_before]
