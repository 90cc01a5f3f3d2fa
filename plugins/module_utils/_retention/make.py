# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From verdicts to what can really be deleted, in which order, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    """A manifest whose tags rules would delete, all or some. `when` sorts oldest first.

    `holders` have to go before it or with it, itself included. When something that stays needs it there are none, or only itself
    where its tags can go alone.
    """

    repository: str
    digest: str
    keys: List[str]
    when: Tuple[object, ...]
    outcome: str = PLANNED
    youngest: Tuple[object, ...] = ()
    holders: List[_Candidate] = field(default_factory=list)


@dataclass
class _Repository:
    """One repository while its plan is made. `kept`: what stays by the verdicts -> a tag or digest for which it does."""

    facts: RepositoryFacts
    graph: Graph
    items: Mapping[str, Item]
    verdicts: Mapping[str, Verdict]
    kept: Mapping[str, str]


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
    candidates = _bound(registry, repositories, candidates)
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
    facts = _in_order(facts)
    graph = Graph(facts)
    registry, policy = _attachments_by_digest(registry, facts, policy)
    judged = items_of(registry, facts, graph)
    verdicts = judge(registry, facts, judged, policy, minimum_kept)
    items = {item.key: item for item in judged}
    return _Repository(facts, graph, items, verdicts, _kept(facts, graph, items, verdicts))


def _in_order(facts: RepositoryFacts) -> RepositoryFacts:
    """A plan must not depend on the order in which the registry lists."""
    return replace(
        facts,
        tags=dict(sorted(facts.tags.items())),
        manifests={digest: facts.manifests[digest] for digest in sorted(facts.manifests)},
        leftovers=dict(sorted(facts.leftovers.items())),
        referrers={subject: tuple(sorted(facts.referrers[subject])) for subject in sorted(facts.referrers)},
    )


def _attachments_by_digest(
    registry: RegistryFacts, facts: RepositoryFacts, policy: Policy
) -> Tuple[RegistryFacts, Policy]:
    """An attachment is no item that its tag could protect, so what is used or protected by such a tag is so by its digest."""
    used: Dict[str, str] = {}
    protected: Set[str] = set()
    for tag, digest in facts.tags.items():
        if subject_of(tag) is not None:
            name = "%s:%s" % (facts.name, tag)
            if name in registry.use.references:
                used[digest] = registry.use.references[name]
            if "%s/%s" % (registry.name, name) in policy.protect.references:
                protected.add(digest)
    if used:
        registry = replace(registry, use=replace(registry.use, digests={**registry.use.digests, **used}))
    if protected:
        policy = replace(policy, protect=replace(policy.protect, digests=policy.protect.digests | protected))
    return registry, policy


def _kept(
    facts: RepositoryFacts, graph: Graph, items: Mapping[str, Item], verdicts: Mapping[str, Verdict]
) -> Dict[str, str]:
    """Digests that stay by the verdicts, with all that they need -> a tag or digest for which they do."""
    roots = {key: items[key].digest for key in sorted(items) if verdicts[key].action == KEEP}
    going_along = set(graph.dependents(*(item.digest for item in items.values())))
    for tag, digest in facts.tags.items():
        # An attachment stays when its subject is there but was not read, or is nothing that could be judged.
        if tag not in items and (not graph.knows(subject_of(tag) or "") or digest not in going_along):
            roots[tag] = digest
    found: Dict[str, str] = {}
    for key, digest in roots.items():
        found.setdefault(digest, key)
    for key, digest in list(roots.items()):
        if found[digest] == key:
            for one in graph.needed([digest]):
                found.setdefault(one, key)
    return found


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


def _bound(
    registry: RegistryFacts, repositories: Mapping[str, _Repository], candidates: Sequence[_Candidate]
) -> List[_Candidate]:
    """With their holders, and in the order in which they can go: what others need is as young as the youngest of them.

    Else old parts of younger indexes would fill every run of `max_deletions` without ever going.
    """
    found = {(candidate.repository, candidate.digest): candidate for candidate in candidates}
    for holder in candidates:
        own = repositories[holder.repository]
        for digest in own.graph.needed([holder.digest]):
            candidate = found.get((holder.repository, digest))
            if candidate is None:
                continue
            if (
                digest not in own.kept
                or candidate is holder
                and registry.tag_delete
                and any(key in own.facts.tags for key in candidate.keys)
            ):
                candidate.holders.append(holder)
    for candidate in candidates:
        candidate.youngest = max((holder.when for holder in candidate.holders), default=candidate.when)
    return sorted(candidates, key=lambda one: (one.youngest, len(one.holders), one.repository, one.digest))


def _hold_back(candidates: Sequence[_Candidate], confirmed: Optional[Confirmed], maximum: Optional[int]) -> None:
    """What was not listed long enough ago waits (S5), and what is too much for one run (S15); with it all that it needs."""
    taken = 0
    chosen: Set[int] = set()
    for candidate in candidates:
        together = [one for one in candidate.holders if id(one) not in chosen]
        size = sum(len(one.keys) for one in together)
        if confirmed is not None and any(not _is_in(confirmed, one) for one in candidate.holders):
            candidate.outcome = PENDING
        elif maximum is not None and taken + size > maximum:
            candidate.outcome = DEFERRED
            # What is too much for any run must not stop all others.
            taken = maximum if size <= maximum else taken
        else:
            taken += size
            chosen.update(id(one) for one in together)


def _is_in(confirmed: Confirmed, candidate: _Candidate) -> bool:
    return all((candidate.repository, key, candidate.digest) in confirmed for key in candidate.keys)


def _plan_repository(
    registry: RegistryFacts, own: _Repository, candidates: Sequence[_Candidate], holders: Optional[Holders]
) -> Tuple[List[Unit], List[Row], List[Row]]:
    """Units, rows that go (now or later) and rows that stay."""
    graph, facts = own.graph, own.facts
    waiting = [candidate for candidate in candidates if candidate.outcome != PLANNED]
    surviving = set(own.kept) | graph.needed(candidate.digest for candidate in waiting)
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
    placed: Set[str] = set()
    for digest, candidate in heads.items():
        # Whatever several units reach goes with the last of them.
        own_part = {
            one for one in reached[digest] if one == digest or (one not in heads and holders_of[one][-1] == digest)
        }
        order = tuple(graph.deletion_order(digest, own_part))
        shared = tuple((one, tuple(holders_of[one])) for one in order if len(holders_of[one]) > 1 and one != digest)
        after = tuple(other for other in holders_of[digest] if other in placed)
        placed.add(digest)
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
            why = _why_it_stays(own, candidate.digest)
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


def _why_it_stays(own: _Repository, digest: str) -> str:
    """Why a manifest whose tag rules would delete must stay."""
    key = own.kept[digest]
    same = own.facts.tags.get(key) == digest
    return "its manifest is %s %s, which stays" % ("also that of" if same else "part of", key)
