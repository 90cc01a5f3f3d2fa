# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people should know about a run besides its rows."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import Hold


def notes_of(seen: Look, plan: Plan, undo: bool, hold: Optional[Hold], hold_file: str) -> List[str]:
    """One sentence each. With `undo` also what of it will not help."""
    notes = list(seen.notes)
    if seen.facts.clock_distrust:
        notes.append("ages decide nothing in this run: %s" % seen.facts.clock_distrust)
    if seen.fleet.problem:
        notes.append(seen.fleet.problem)
    for facts in seen.facts.repositories:
        if facts.unknown:
            notes.append("%s: nothing goes, since not everything could be read: %s" % (facts.name, facts.unknown))
    if not seen.facts.complete and plan.units:
        notes.append(
            "not all repositories were read; content that others share stays, so fewer bytes than told may become free"
        )
    for facts in seen.facts.repositories if undo else ():
        notes += _not_restorable(facts, plan)
    if hold is not None:
        notes.append("held by %s: %s" % (hold_file, hold.reason))
    return notes


def _not_restorable(facts: RepositoryFacts, plan: Plan) -> List[str]:
    """Registries take an index only with its parts, so that one that lacks some cannot be put back."""
    found = list(_incomplete(facts, plan))
    if not found:
        return []
    name, part = found[0]
    others = " (so it is with %d more)" % (len(found) - 1) if len(found) > 1 else ""
    return [
        "%s%s names %s, which the registry does not have: once deleted, it may not be possible to put it back%s"
        % (facts.name, name, part, others)
    ]


def _incomplete(facts: RepositoryFacts, plan: Plan) -> Iterator[Tuple[str, str]]:
    """(`:tag` or `@digest`, a part that is not there) of all that goes and cannot be pulled whole."""
    for unit in plan.units:
        for digest in unit.order if unit.repository == facts.name else ():
            manifest = facts.manifests.get(digest)
            missing = [child.digest for child in manifest.children if child.digest in facts.absent] if manifest else []
            if missing:
                yield (":" + unit.tags[0] if digest == unit.digest and unit.tags else "@" + digest), missing[0]
