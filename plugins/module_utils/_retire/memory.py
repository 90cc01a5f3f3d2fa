# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next run remembers of this one."""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DONE,
    GONE,
    PLANNED,
    TAG,
    UNTAGGED,
    Plan,
    Row,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import (
    RegistryMemory,
    RepositoryMemory,
    Since,
)


def confirmed_items(
    memory: RegistryMemory, now: int, confirm_after: int, distrusted: bool
) -> Optional[FrozenSet[Tuple[str, str, str]]]:
    """(repository, tag or digest, digest) of all that was listed at least `confirm_after` seconds ago (S5); None when that is 0."""
    if not confirm_after:
        return None
    if distrusted:
        return frozenset()
    return frozenset(
        (name, key, digest)
        for name, repository in memory.repositories.items()
        for key, (digest, since) in repository.pending.items()
        if now - since >= confirm_after
    )


def next_memory(
    memory: RegistryMemory, facts: RegistryFacts, plan: Plan, complete: bool, begun: bool = False
) -> RegistryMemory:
    """`plan` with its outcomes. A run that was not `complete` neither begins nor ends any waiting.

    `begun`: the plan is about to be carried out. Should the run be killed, the next one finds what it left behind.
    """
    clock = read_clock(facts.now)
    updated = dict(memory.repositories)
    for repository in facts.repositories:
        if repository.unknown is None:
            known = memory.repositories.get(repository.name, RepositoryMemory())
            updated[repository.name] = _next(repository, known, plan, facts.now, complete, begun)
    return RegistryMemory(facts.now, clock.boot, clock.uptime, updated)


def _next(
    facts: RepositoryFacts, known: RepositoryMemory, plan: Plan, now: int, complete: bool, begun: bool
) -> RepositoryMemory:
    rows = [row for row in plan.rows if row.repository == facts.name]
    gone = {(row.tag, row.digest) for row in rows if row.outcome in (DONE, GONE)}
    gone_digests = {row.digest for row in rows if row.outcome in (DONE, GONE) and row.tag is None}
    tags: Dict[str, Since] = {}
    for tag, digest in facts.tags.items():
        if (tag, digest) not in gone:
            arrived = facts.arrived[tag].at if tag in facts.arrived else None
            tags[tag] = (digest, now if arrived is None else arrived)
    pending = dict(known.pending)
    if complete:
        pending = {}
        for row in rows:
            key = row.tag or row.digest
            if row.action == "delete" and row.kind in (TAG, UNTAGGED) and (row.tag, row.digest) not in gone:
                before = known.pending.get(key)
                pending[key] = before if before is not None and before[0] == row.digest else (row.digest, now)
    return RepositoryMemory(
        listed=now,
        tags=tags,
        leftovers={
            **dict.fromkeys(_left_behind(rows, begun), now),
            **{digest: since for digest, since in facts.leftovers.items() if digest not in gone_digests},
        },
        pending=pending,
    )


def _left_behind(rows: Sequence[Row], begun: bool) -> List[str]:
    """Parts and attachments without a tag that are there, or may be, when what they went with is gone: nothing else names them."""
    final = (DONE, GONE, PLANNED) if begun else (DONE, GONE)
    going = {row.digest for row in rows if row.digest == row.unit and row.outcome in final}
    return [
        row.digest
        for row in rows
        if row.tag is None and row.unit in going and row.digest != row.unit and row.outcome not in (DONE, GONE)
    ]
