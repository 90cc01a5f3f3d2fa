# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises about every plan, checked on random registries by carrying the plan out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Set

import hypothesis.strategies as st
from hypothesis import assume, given, settings

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import REGISTRY
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import FleetUse, RegistryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import ATTACHMENT, PLANNED, Plan
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.oracle import (
    Place,
    Registry,
    subject_of,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.random_registries import (
    Request,
    requests,
    shuffled,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    ALL,
    DAY,
    NAME,
    NOW,
)

# Always the same examples; thousands of others were tried.
EXAMPLES = settings(max_examples=300, derandomize=True)


def is_circular(facts: RegistryFacts) -> bool:
    """An index that is attached to its own part, say; if both have a tag, one has to go first, and the other misses it."""
    registry = Registry(facts)
    return any(
        place in registry.wanted(registry.children.get(place, set()) | registry.attached.get(place, set()))
        for place in registry.there
    )


def outlives_its_subject(facts: RegistryFacts) -> bool:
    """Whether an artifact with a tag of its own is attached to what has none, a part of an index say.

    If the index goes in a run before the artifact, nothing names the part any more, and what is attached to it stays.
    """
    registry = Registry(facts)
    tagged = {Place(one, digest) for (one, tag), digest in registry.tags.items() if not subject_of(tag)}
    return any(those & tagged and subject not in tagged for subject, those in registry.attached.items())


def carried_out(request: Request, plan: Plan) -> Registry:
    registry = Registry(request.facts)
    for _step in registry.apply(plan):
        pass
    return registry


def must_never_go(request: Request, registry: Registry) -> Set[Place]:
    """Manifests that the fleet uses or the policy protects, by any of their names."""
    found: Set[Place] = set()
    names = {NAME + "/" + name for name in request.facts.use.references} | request.policy.protect.references
    for (repository, tag), digest in registry.tags.items():
        if "%s/%s:%s" % (NAME, repository, tag) in names:
            found.add(Place(repository, digest))
    for digest in [*request.facts.use.digests, *request.policy.protect.digests]:
        found |= registry.manifests_with(digest)
    return found


def rows_that_stay(plan: Plan, before: Registry) -> Set[Place]:
    """Manifests of rows that do not go now. Of attachments only those of something that no tag reaches: others follow it."""
    own = {Place(one, digest) for (one, tag), digest in before.tags.items() if not subject_of(tag)}
    ordinary = before.wanted(own | {Place(row.repository, row.digest) for row in plan.rows if row.kind != ATTACHMENT})
    return {
        Place(row.repository, row.digest)
        for row in plan.rows
        if row.outcome != PLANNED
        and (row.kind != ATTACHMENT or Place(row.repository, subject_of(row.tag or "")) not in ordinary)
    }


@EXAMPLES
@given(requests)
def test_nothing_that_stays_is_ever_without_what_it_needs(request):
    assume(not is_circular(request.facts))
    registry = Registry(request.facts)
    precious = registry.wanted(must_never_go(request, registry)) & registry.there
    for unit, complete in registry.apply(request.plan()):
        assert precious <= registry.there
        # Within a unit its own tags are half gone, whatever the order.
        own = set() if complete else {Place(unit.repository, one) for one in unit.order}
        tagged = set(registry.tagged()) - own
        assert registry.wanted(tagged) <= registry.there


@EXAMPLES
@given(requests)
def test_no_tag_with_another_row_points_at_what_is_deleted(request):
    plan = request.plan()
    gone = {(unit.repository, digest) for unit in plan.units for digest in unit.order}
    for row in plan.rows:
        assert row.outcome == PLANNED or (row.repository, row.digest) not in gone
    after = carried_out(request, plan)
    for row in plan.rows:
        if row.tag is not None:
            assert ((row.repository, row.tag) in after.tags) == (row.outcome != PLANNED)


@EXAMPLES
@given(requests)
def test_bytes_are_what_garbage_collection_then_frees(request):
    plan = request.plan()
    before, after = Registry(request.facts).stored(), carried_out(request, plan)
    freed = sum(after.sizes[name] for name in before - after.stored())
    assert sum(row.bytes for row in plan.rows if row.outcome == PLANNED) == freed
    assert plan.reclaimable == freed
    assert all(not row.bytes for row in plan.rows if row.outcome != PLANNED)


@EXAMPLES
@given(requests)
def test_what_nothing_needs_is_gone_and_what_something_needs_is_there(request):
    plan = request.plan()
    before, after = Registry(request.facts), carried_out(request, plan)
    roots = set(before.tagged())
    for facts in request.facts.repositories:
        roots |= {Place(facts.name, digest) for digest in facts.leftovers}
    needed = before.bound(rows_that_stay(plan, before))
    assert after.there >= needed & before.there
    assert not (before.wanted(roots) - needed) & after.there


@EXAMPLES
@given(requests, st.integers(0, 99))
def test_a_plan_is_a_function_of_the_facts_and_not_of_their_order(request, seed):
    assert request._replace(facts=shuffled(request.facts, Random(seed))).plan() == request.plan()


@EXAMPLES
@given(requests)
def test_every_tag_has_one_row_and_all_that_goes_has_one(request):
    plan = request.plan()
    tags = Counter((row.repository, row.tag, row.digest) for row in plan.rows if row.tag is not None)
    assert tags == Counter(
        (facts.name, tag, digest) for facts in request.facts.repositories for tag, digest in facts.tags.items()
    )
    assert len({(row.repository, row.tag, row.digest) for row in plan.rows}) == len(plan.rows)
    planned = {(row.repository, row.digest) for row in plan.rows if row.outcome == PLANNED}
    assert {(unit.repository, one) for unit in plan.units for one in unit.order} <= planned
    for row in plan.rows:
        assert row.reason
        assert (row.action == "delete") == (row.outcome is not None)
        assert (row.action == "keep") == (row.kept_by is not None)


@EXAMPLES
@given(requests)
def test_units_wait_only_for_units_before_them(request):
    done: Set[Place] = set()
    for unit in request.plan().units:
        assert {Place(unit.repository, other) for other in unit.after} <= done
        done.add(Place(unit.repository, unit.digest))
        for digest, holders in unit.shared:
            assert digest in unit.order
            assert {Place(unit.repository, other) for other in holders} <= done


@EXAMPLES
@given(requests)
def test_when_everything_may_go_everything_goes(request):
    """But for what is attached to something that is there and was not read, and what nothing ever named."""
    everything = parse_policy(delete=ALL, minimum_age="0s", target=REGISTRY)
    readable = tuple(replace(one, unknown=None, present=frozenset()) for one in request.facts.repositories)
    facts = replace(request.facts, repositories=readable, use=FleetUse(), clock_distrust=None)
    request = Request(facts, everything, 0, None, None)
    before, after = Registry(facts), carried_out(request, request.plan())
    named = {Place(one, digest) for (one, tag), digest in before.tags.items() if not subject_of(tag)}
    named |= {Place(one.name, digest) for one in facts.repositories for digest in one.leftovers}
    named |= {
        Place(one, digest)
        for (one, tag), digest in before.tags.items()
        if subject_of(tag) and Place(one, subject_of(tag)) not in before.there
    }
    going = before.wanted(named)
    unjudged = {Place(one, digest) for (one, tag), digest in before.tags.items() if subject_of(tag)} - going
    assert not (going - before.bound(unjudged)) & after.there


def largest_group(request: Request) -> int:
    """So many tags and leftovers go together or not at all: those of one manifest, and of what needs one another."""
    registry = Registry(request.facts)
    roots = registry.tagged() + [
        Place(facts.name, digest) for facts in request.facts.repositories for digest in facts.leftovers
    ]
    return max((sum(1 for one in roots if one in registry.bound({root})) for root in set(roots)), default=1)


@EXAMPLES
@given(requests, st.integers(1, 4))
def test_capped_runs_reach_in_the_end_what_one_run_without_a_cap_does(request, cap):
    # A floating tag that outlives its version is ranked from then on, and by its arrival it may come first.
    assume(all(rule.order == "version" for rule in request.policy.keep))
    assume(not outlives_its_subject(request.facts))
    request = request._replace(confirmed=None, max_deletions=None)
    at_once = carried_out(request, request.plan())
    cap = max(cap, largest_group(request))
    for _run in range(30):
        plan = request._replace(max_deletions=cap).plan()
        if not plan.units:
            break
        request = request._replace(facts=remaining(request, carried_out(request, plan)))
    assert not request.plan().units
    assert Registry(request.facts).tags == at_once.tags


def remaining(request: Request, registry: Registry):
    """The facts as the next run reads them."""
    repositories = []
    for facts in request.facts.repositories:
        there = {place.digest for place in registry.there if place.repository == facts.name}
        lost = set(facts.tags.values()) - {
            place.digest for place in registry.tagged() if place.repository == facts.name
        }
        known = {**dict.fromkeys(lost, NOW - 90 * DAY), **facts.leftovers}
        repositories.append(
            replace(
                facts,
                tags={tag: digest for tag, digest in facts.tags.items() if (facts.name, tag) in registry.tags},
                manifests={digest: one for digest, one in facts.manifests.items() if digest in there},
                leftovers={digest: at for digest, at in known.items() if digest in there},
            )
        )
    return replace(request.facts, repositories=tuple(repositories))
