# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From verdicts to what can really be deleted, in which order, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import DELETE, KEEP, Item, Verdict
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.graph import Graph
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.holders import Holders
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.items import items_of, subject_of
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.judge import judge, recency
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    DEFERRED,
    PENDING,
    PLANNED,
    Plan,
    Row,
    Unit,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.rows import Rows

# (repository, tag or digest, digest): what an earlier run listed long enough ago (S5).
Confirmed = FrozenSet[Tuple[str, str, str]]


@dataclass
class _Candidate:
    """A manifest whose tags rules would delete, all or some. `when` sorts oldest first."""

    repository: str
    digest: str
    keys: List[str]
    when: Tuple[object, ...]
    outcome: str = PLANNED


@dataclass
class _Repository:
    """One repository while its plan is made."""

    facts: RepositoryFacts
    graph: Graph
    items: Mapping[str, Item]
    verdicts: Mapping[str, Verdict]

    def kept(self) -> Set[str]:
        """Digests that stay by the verdicts, with all that they need."""
        roots = {item.digest for key, item in self.items.items() if self.verdicts[key].action == KEEP}
        # An attachment of something that is there, but that was not read, stays with it.
        for tag, digest in self.facts.tags.items():
            if tag not in self.items and not self.graph.knows(subject_of(tag) or ""):
                roots.add(digest)
        return self.graph.needed(roots)


def make_plan(
    registry: RegistryFacts,
    policy: Policy,
    minimum_kept: int = 3,
    confirmed: Optional[Confirmed] = None,
    max_deletions: Optional[int] = None,
    count_bytes: bool = True,
) -> Plan:
    """Judge every tag, then plan: unknown means keep; what something kept needs, stays.

    `confirmed` None: nothing has to be confirmed. `max_deletions` counts tags and untagged manifests; oldest go first.
    """
    repositories = {facts.name: _judged(registry, facts, policy, minimum_kept) for facts in registry.repositories}
    candidates = _candidates(registry, repositories)
    _hold_back(candidates, confirmed, max_deletions)
    holders = Holders(registry.repositories) if count_bytes else None
    rows: List[Row] = []
    kept_rows: List[Row] = []
    units: List[Unit] = []
    for name in sorted(repositories):
        own = [candidate for candidate in candidates if candidate.repository == name]
        made = _plan_repository(registry, repositories[name], own, holders)
        units += made[0]
        rows += made[1]
        kept_rows += made[2]
    return Plan(registry.name, tuple(rows + kept_rows), tuple(units), registry.complete and count_bytes)


def _judged(registry: RegistryFacts, facts: RepositoryFacts, policy: Policy, minimum_kept: int) -> _Repository:
    graph = Graph(facts)
    items = items_of(registry, facts, graph)
    verdicts = judge(registry, facts, items, policy, minimum_kept)
    return _Repository(facts, graph, {item.key: item for item in items}, verdicts)


def _candidates(registry: RegistryFacts, repositories: Mapping[str, _Repository]) -> List[_Candidate]:
    """One per manifest that verdicts would delete, oldest first; the age of several tags is that of the youngest."""
    found: Dict[Tuple[str, str], _Candidate] = {}
    for name, repository in repositories.items():
        for key, item in repository.items.items():
            if repository.verdicts[key].action != DELETE:
                continue
            when = recency(item, registry.now)
            known = found.setdefault((name, item.digest), _Candidate(name, item.digest, [], when))
            known.keys.append(key)
            known.when = max(known.when, when)
    return sorted(found.values(), key=lambda candidate: (candidate.when, candidate.repository, candidate.digest))


def _hold_back(candidates: Sequence[_Candidate], confirmed: Optional[Confirmed], maximum: Optional[int]) -> None:
    """What was not listed long enough ago waits (S5), and what is too much for one run (S15)."""
    taken = 0
    for candidate in candidates:
        if confirmed is not None and any(
            (candidate.repository, key, candidate.digest) not in confirmed for key in candidate.keys
        ):
            candidate.outcome = PENDING
        elif maximum is not None and taken + len(candidate.keys) > maximum:
            candidate.outcome = DEFERRED
            taken = maximum
        else:
            taken += len(candidate.keys)


def _plan_repository(
    registry: RegistryFacts, own: _Repository, candidates: Sequence[_Candidate], holders: Optional[Holders]
) -> Tuple[List[Unit], List[Row], List[Row]]:
    """Units, rows that go (now or later) and rows that stay."""
    graph, facts = own.graph, own.facts
    kept = own.kept()
    waiting = [candidate for candidate in candidates if candidate.outcome != PLANNED]
    surviving = kept | graph.needed(candidate.digest for candidate in waiting)
    whole = _containing_first(
        [one for one in candidates if one.outcome == PLANNED and one.digest not in surviving], graph
    )
    heads = {candidate.digest: candidate for candidate in whole}
    reached = {digest: [one for one in graph.dependents(digest) if one not in surviving] for digest in heads}
    holders_of: Dict[str, List[str]] = {}
    for digest in heads:
        for one in reached[digest]:
            holders_of.setdefault(one, []).append(digest)
    units: List[Unit] = []
    for digest, candidate in heads.items():
        # Whatever several units reach goes with the last of them.
        own_part = {
            one for one in reached[digest] if one == digest or (one not in heads and holders_of[one][-1] == digest)
        }
        order = tuple(graph.deletion_order(digest, own_part))
        shared = tuple((one, tuple(holders_of[one])) for one in order if len(holders_of[one]) > 1 and one != digest)
        after = tuple(other for other in holders_of[digest] if other != digest)
        tags = tuple(key for key in candidate.keys if key in facts.tags)
        units.append(Unit(facts.name, digest, tags, True, order, after, shared))
    rows = Rows(registry, facts, graph, own.items, own.verdicts, holders)
    going: List[Row] = []
    staying: List[Row] = []
    for unit in units:
        going += rows.of_unit(unit)
    for candidate in candidates:
        if candidate.outcome != PLANNED:
            going += rows.waiting(candidate.keys, candidate.digest, candidate.outcome)
        elif candidate.digest in surviving:
            tags = tuple(key for key in candidate.keys if key in facts.tags)
            why = _why_it_stays(own, candidate, kept)
            if registry.tag_delete and tags:
                units.append(Unit(facts.name, candidate.digest, tags, False, ()))
                going += rows.tags_only(tags, candidate.digest, why)
            else:
                staying += rows.not_deletable(candidate.keys, candidate.digest, why)
    done = {(row.tag, row.digest) for row in going + staying}
    staying += [row for row in rows.staying(surviving) if (row.tag, row.digest) not in done]
    return units, going, sorted(staying, key=lambda row: (row.tag or "", row.digest))


def _containing_first(candidates: Sequence[_Candidate], graph: Graph) -> List[_Candidate]:
    """The same order, but what others hold comes after all of them: an index before a part of it that has a tag of its own."""
    digests = {candidate.digest: candidate for candidate in candidates}
    holders: Dict[str, List[str]] = {digest: [] for digest in digests}
    for digest in digests:
        for one in graph.dependents(digest):
            if one in digests and one != digest:
                holders[one].append(digest)
    placed: Dict[str, None] = {}
    for digest in digests:
        stack = [digest]
        entered: Set[str] = set()
        while stack:
            one = stack[-1]
            missing = [other for other in holders[one] if other not in placed and other not in entered]
            entered.add(one)
            if missing:
                stack += missing
            else:
                placed.setdefault(stack.pop())
    return [digests[digest] for digest in placed]


def _why_it_stays(own: _Repository, candidate: _Candidate, kept: Set[str]) -> str:
    """Why a manifest whose tag rules would delete must stay."""
    same = [
        key
        for key, item in own.items.items()
        if item.digest == candidate.digest and own.verdicts[key].action == KEEP and key in own.facts.tags
    ]
    if same:
        return "its manifest is also that of %s, which stays" % same[0]
    for key, item in sorted(own.items.items()):
        if own.verdicts[key].action == KEEP and candidate.digest in own.graph.needed([item.digest]):
            return "its manifest is part of %s, which stays" % key
    return "its manifest is part of something that stays%s" % ("" if candidate.digest in kept else " for now")
