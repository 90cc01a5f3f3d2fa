# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards one repository while it is worked on: says what may not go any more, and repairs what a race broke (S6)."""

from __future__ import annotations

from typing import Dict, List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import DONE, GONE, RESTORED, Unit
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.outcomes import Outcomes
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.repair import Repair
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.watch import Change, Watch
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import UndoWriter
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor


class Guard:
    """Call before(), then begin() and between() around every batch of units, and after() in any case."""

    def __init__(
        self,
        surveyor: Surveyor,
        facts: RepositoryFacts,
        units: Sequence[Unit],
        undo: UndoWriter,
        outcomes: Outcomes,
    ) -> None:
        self._facts = facts
        self._units = units
        self._outcomes = outcomes
        self._watch = Watch(surveyor, facts, units)
        self._repair = Repair(surveyor, facts, undo, outcomes)
        # What was worked on since the last look.
        self._unseen: List[Unit] = []

    def before(self) -> Dict[Unit, str]:
        """Units that may not be touched, with the reason. Raises FleetError."""
        return self._forbidden(self._watch.before())

    def begin(self, batch: Sequence[Unit], chosen: Sequence[Unit]) -> None:
        """Of a batch only the chosen units go."""
        for unit in batch:
            if unit not in chosen:
                self._watch.stays(unit)
        self._unseen += chosen

    def between(self) -> Dict[Unit, str]:
        """Repairs tags that went with the batch; units that may not be touched any more, as far as nothing became of them."""
        change = self._watch.between()
        self._repair_tags(change)
        return self._forbidden(change)

    def after(self) -> None:
        """Put back what somebody came to need meanwhile."""
        touched = (self._outcomes.of(self._facts.name, digest) for unit in self._units for digest in unit.order)
        if not any(outcome in (DONE, GONE, RESTORED) for outcome in touched):
            return
        try:
            change = self._watch.after()
            for unit in self._units:
                needed = [change.needs[digest] for digest in unit.order if digest in change.needs]
                if needed:
                    self._repair.units([unit], "tag %s needs it, pushed or moved during the run" % needed[0])
            self._repair_tags(change)
            problem = change.problem
        except FleetError as error:
            problem = str(error)
        if problem:
            self._outcomes.note("%s could not be looked at again: %s" % (self._facts.name, problem))

    def _repair_tags(self, change: Change) -> None:
        """Tags that went with what was deleted since the last look, or lead to something that was deleted in this run."""
        for tag in change.vanished:
            self._repair.vanished(tag, self._watch.target(tag), [unit for unit in self._unseen if unit.whole])
        for tag in change.dangling:
            self._repair.dangling(tag, self._units)
        self._unseen.clear()

    def _forbidden(self, change: Change) -> Dict[Unit, str]:
        """What somebody needs by now; all, when not everything could be read. Their tags are to stay."""
        found: Dict[Unit, str] = {}
        for unit in self._units:
            needed = [change.needs[digest] for digest in (unit.digest, *unit.order) if digest in change.needs]
            if needed:
                found[unit] = "tag %s needs it now; it was pushed or moved since the plan was made" % needed[0]
            elif change.problem:
                found[unit] = "the repository could not be looked at again: %s" % change.problem
        for unit in found:
            if self._outcomes.of(self._facts.name, unit.digest) is None:
                self._watch.stays(unit)
        return found
