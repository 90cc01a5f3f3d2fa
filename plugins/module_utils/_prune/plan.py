# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of one host: one row per name, with verdict, reason and bytes, in the order in which it is carried out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import HostFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.held import Held, find_held
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings, Interval
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.near_misses import NearMiss, find_near_misses
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem, Need
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.relief import relieve
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.rows import Row
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import root_of

PLANNED, DONE, GONE, REFUSED, DEFERRED, FAILED = "planned", "done", "gone", "refused", "deferred", "failed"
DEFAULT_BUILD_AGE = 30 * 86400


@dataclass(frozen=True)
class PlannedRow:
    """One line of the plan. `target` is what the engine is asked to delete; bytes are marginal in plan order.

    Rows of one `family` (images built on each other) must be deleted in their order.
    """

    id: str
    reference: Optional[str]
    target: str
    action: str
    rule: Optional[str]
    reason: str
    kept_by: str
    unused: bool
    bytes: int = 0
    bytes_max: int = 0
    outcome: Optional[str] = None
    error: Optional[str] = None
    used_by: Tuple[str, ...] = ()
    arrived: Optional[int] = None
    created: Optional[int] = None
    last_used: Optional[int] = None
    family: str = ""


@dataclass(frozen=True)
class Plan:
    """The rows to delete come first, in the order of deletion; `unreachable` explains an unreachable disk target."""

    rows: Tuple[PlannedRow, ...]
    near_misses: Tuple[NearMiss, ...] = ()
    held: Tuple[Held, ...] = ()
    unreachable: Optional[str] = None
    need: Optional[Need] = None

    @property
    def deletes(self) -> Tuple[PlannedRow, ...]:
        return tuple(row for row in self.rows if row.action == "delete")

    @property
    def reclaimable(self) -> Interval:
        return Interval(sum(row.bytes for row in self.deletes), sum(row.bytes_max for row in self.deletes))

    def digest(self) -> str:
        """Names exactly what would be deleted and by which rule; the same as long as that does not change."""
        content = [[row.id, row.reference, row.rule, row.outcome == DEFERRED] for row in self.deletes]
        text = json.dumps(sorted(content, key=json.dumps), separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    facts: HostFacts,
    policy: Policy,
    forced_keep: Optional[Mapping[str, str]] = None,
    disk: Optional[FileSystem] = None,
    need: Optional[Need] = None,
    max_deletions: Optional[int] = None,
) -> Plan:
    """Everything that is decided about one host.

    `forced_keep` maps row keys to the reason of a check outside the policy (not restorable). With `disk` and `need`
    deletion happens only under pressure. At most `max_deletions` rows are deleted, the oldest; the rest is deferred (S15).
    """
    judged = Judged(facts, policy, forced_keep)
    holdings = Holdings(facts)
    unreachable: Optional[str] = None
    if disk is not None and need is not None:
        unreachable = relieve(judged, holdings, need, disk).unreachable
    order = judged.ordered_images()
    going = [image for image in order if judged.deletes_all_of(image)]
    freed: Dict[str, Interval] = dict(zip(going, holdings.marginal(going)))
    rows: List[PlannedRow] = []
    for image in order:
        deleted = [row for row in judged.rows[image] if judged.verdicts[row.key].action == "delete"]
        for position, row in enumerate(deleted):
            # The bytes come free with the last name of the image.
            gain = freed.get(image, Interval()) if position == len(deleted) - 1 else Interval()
            outcome = PLANNED if max_deletions is None or len(rows) < max_deletions else DEFERRED
            rows.append(replace(_row(judged, row), bytes=gain.low, bytes_max=gain.high, outcome=outcome))
    rows += _kept_rows(judged, holdings, going)
    ages = [rule.older_than for rule in policy.delete if rule.older_than]
    return Plan(
        rows=tuple(rows),
        near_misses=find_near_misses(judged, min(ages) if ages else DEFAULT_BUILD_AGE),
        held=find_held(judged, holdings),
        unreachable=unreachable,
        need=need,
    )


def restorable_candidates(facts: HostFacts, policy: Policy) -> Tuple[Tuple[str, Row], ...]:
    """The rows that the rules alone would delete, with their image ids: those whose origin has to be asked."""
    judged = Judged(facts, policy)
    return tuple(
        (image, row)
        for image, rows in judged.rows.items()
        for row in rows
        if judged.verdicts[row.key].action == "delete"
    )


def _kept_rows(judged: Judged, holdings: Holdings, going: List[str]) -> List[PlannedRow]:
    """What stays; unused images first, with the bytes that they would add to those freed before them in the plan."""
    staying = [image for image in judged.rows if not judged.deletes_all_of(image)]
    unused = sorted((image for image in staying if image not in judged.users), key=judged.last_seen)
    gains = dict(zip(unused, holdings.marginal(going + unused)[len(going) :]))
    rows: List[PlannedRow] = []
    for image in unused + sorted(image for image in staying if image in judged.users):
        kept = [row for row in judged.rows[image] if judged.verdicts[row.key].action == "keep"]
        for position, row in enumerate(kept):
            gain = gains.get(image, Interval()) if position == len(kept) - 1 else Interval()
            rows.append(replace(_row(judged, row), bytes=gain.low, bytes_max=gain.high))
    return rows


def _row(judged: Judged, row: Row) -> PlannedRow:
    verdict, item = judged.verdicts[row.key], judged.items[row.key]
    return PlannedRow(
        id=row.image,
        reference=row.shown,
        target=row.shown or row.image,
        action=verdict.action,
        rule=verdict.rule,
        reason=verdict.reason,
        kept_by=verdict.kept_by,
        unused=not judged.users.get(row.image) and verdict.kept_by != "use",
        used_by=judged.users.get(row.image, ()),
        arrived=item.arrived.at,
        created=item.created.at,
        last_used=item.last_used.at if item.last_used.exact else None,
        family=root_of(row.image, judged.images),
    )
