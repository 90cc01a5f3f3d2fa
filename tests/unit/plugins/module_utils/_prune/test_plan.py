# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a host: its rows, their order and bytes, the digest, the cap."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    ContainerFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings, Interval
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import (
    DEFERRED,
    PLANNED,
    make_plan,
    restorable_candidates,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem, Need
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import (
    APP,
    DAY,
    NOW,
    container,
    host,
    image,
)

ALL = [{"older_than": "1d"}]
DISK = FileSystem("/var/lib/docker", size=1000, used=900, free=100, inodes=500, inodes_used=450)


def plan(*images, delete=tuple(ALL), containers=(), options=None, more=None, **policy):
    return make_plan(
        host(*images, containers=containers, **(more or {})), parse_policy(delete=delete, **policy), **(options or {})
    )


def three():
    """Ten bytes of each one alone and five that all share; oldest first: c, b, a."""
    return [
        image(name, APP + ":" + name, days=days, layers=[("base", 5), ("base/" + name, 10)])
        for name, days in (("a", 10), ("b", 20), ("c", 30))
    ]


def short(rows):
    return [row.reference.rpartition(":")[2] if row.reference else row.id for row in rows]


def test_deletions_come_first_in_the_order_in_which_they_are_carried_out():
    made = plan(*three(), image("d", APP + ":d", days=0), containers=[container("web", "b")])
    assert short(made.rows) == ["c", "a", "d", "b"]
    assert short(made.deletes) == ["c", "a"]
    assert [row.outcome for row in made.rows] == [PLANNED, PLANNED, None, None]


def test_a_row_tells_all_that_a_report_needs():
    one = image("a", APP + ":1", days=40, created=NOW - 90 * DAY, last_used=NOW - 35 * DAY, layers=[("x", 7)])
    (row,) = plan(one, delete=[{"name": "old", "older_than": "30d"}]).rows
    assert (row.id, row.reference, row.target, row.action, row.rule) == (
        "sha256:a",
        "team/app:1",
        "team/app:1",
        "delete",
        "old",
    )
    assert (row.reason, row.kept_by, row.unused, row.bytes, row.bytes_max) == (
        "unused; arrived 40d ago (limit 30d)",
        "",
        True,
        7,
        7,
    )
    assert (row.arrived, row.created, row.last_used) == (NOW - 40 * DAY, NOW - 90 * DAY, NOW - 35 * DAY)
    assert (row.family, row.used_by, row.outcome, row.error) == ("sha256:a", (), PLANNED, None)


def test_an_image_without_a_name_is_addressed_by_its_id():
    (row,) = plan(image("a")).rows
    assert (row.reference, row.target) == (None, "sha256:a")


def test_use_is_told_with_its_users():
    (row,) = plan(image("a", APP + ":1"), containers=[container("web", "a")]).rows
    assert (row.unused, row.used_by, row.kept_by) == (False, ("container web (running)",), "use")


def test_a_last_use_that_was_only_watched_for_is_not_shown_as_one():
    (row,) = plan(image("a", APP + ":1"), more={"sampled_since": NOW - 10 * DAY}).rows
    assert row.last_used is None


def test_bytes_are_marginal_and_sum_to_what_is_reclaimable():
    made = plan(*three())
    assert [row.bytes for row in made.deletes] == [10, 10, 15]
    assert made.reclaimable == Interval(35, 35)


def test_bytes_come_free_with_the_last_name_and_only_with_it():
    two = image("a", APP + ":1", APP + ":2", layers=[("x", 7)])
    assert [row.bytes for row in plan(two).deletes] == [0, 7]
    assert [row.bytes for row in plan(two, keep=[{"tags": "1"}]).deletes] == [0]


def test_without_delete_rules_every_unused_item_is_listed_with_its_bytes():
    made = plan(*three(), containers=[container("web", "a")], delete=None)
    assert made.deletes == ()
    assert made.reclaimable == Interval()
    assert [(short([row])[0], row.bytes, row.unused) for row in made.rows] == [
        ("c", 10, True),
        ("b", 10, True),
        ("a", 0, False),
    ]


def test_bytes_of_unused_rows_add_to_those_freed_before_them():
    made = plan(*three(), delete=[{"tags": ["b", "c"]}])
    assert [(short([row])[0], row.action, row.bytes) for row in made.rows] == [
        ("c", "delete", 10),
        ("b", "delete", 10),
        ("a", "keep", 15),
    ]


def test_bytes_that_are_not_certain_have_an_upper_bound():
    made = plan(*three(), more={"cache_held": frozenset(["base"])})
    assert made.reclaimable == Interval(30, 35)


@pytest.mark.parametrize(("cap", "outcomes"), [(None, "ppp"), (3, "ppp"), (9, "ppp"), (2, "ppd"), (1, "pdd")])
def test_max_deletions_plans_the_oldest_and_defers_the_rest(cap, outcomes):
    made = plan(*three(), options={"max_deletions": cap})
    assert short(made.deletes) == ["c", "b", "a"]
    assert [row.outcome for row in made.deletes] == [{"p": PLANNED, "d": DEFERRED}[one] for one in outcomes]


def test_max_deletions_counts_names():
    made = plan(
        image("a", APP + ":1", APP + ":2", days=50), image("b", APP + ":3", days=90), options={"max_deletions": 2}
    )
    assert [(short([row])[0], row.outcome) for row in made.deletes] == [("3", PLANNED), ("1", PLANNED), ("2", DEFERRED)]


def test_a_family_goes_children_first_and_under_one_name():
    made = plan(
        image("a"), image("b", parent="sha256:a"), image("c", APP + ":1", parent="sha256:b"), image("x", APP + ":x")
    )
    families = [(row.id, row.family) for row in made.deletes if row.id != "sha256:x"]
    assert families == [("sha256:c", "sha256:a"), ("sha256:b", "sha256:a"), ("sha256:a", "sha256:a")]


def test_pressure_bounds_the_plan():
    made = plan(*three(), options={"disk": DISK, "need": Need(bytes=15, relief=5, text="full")})
    assert short(made.deletes) == ["c", "b"]
    assert (made.unreachable, made.need.bytes) == (None, 15)
    none = plan(*three(), options={"disk": DISK, "need": Need(text="fine")})
    assert none.deletes == ()
    assert none.rows[0].reason == "no pressure: fine"
    missed = plan(*three(), options={"disk": DISK, "need": Need(bytes=500, relief=400, text="full")})
    assert missed.deletes == ()
    assert missed.unreachable.startswith("full; 500 B must go, the rules allow 35 B")


def test_a_check_outside_the_policy_keeps_its_row():
    made = plan(*three(), options={"forced_keep": {"sha256:c %s:c" % APP: "not restorable"}})
    assert short(made.deletes) == ["b", "a"]
    assert [(row.kept_by, row.reason) for row in made.rows if row.action == "keep"] == [("other", "not restorable")]


def test_what_the_rules_alone_would_delete_is_asked_for_its_origin():
    facts = host(*three(), containers=[container("web", "b")])
    found = restorable_candidates(facts, parse_policy(delete=ALL, keep=[{"tags": "c"}]))
    assert [(one, row.shown) for one, row in found] == [("sha256:a", "team/app:a")]


@pytest.mark.parametrize(
    ("delete", "peers"),
    [([{"tags": "x"}], 1), ([{"tags": "x", "older_than": "50d"}, {"tags": "x", "older_than": "5d"}], 2)],
)
def test_near_misses_use_the_shortest_age_of_the_rules_or_thirty_days(delete, peers):
    made = plan(image("a", APP + ":1", created=NOW - 20 * DAY), delete=delete, protect=["team/app"])
    assert [len(miss.peer.split(", ")) for miss in made.near_misses] == [peers]


def test_space_held_by_containers_that_ended_long_ago_is_told():
    ended = ContainerFacts("old", "old", "sha256:a", state="exited", finished=NOW - 30 * DAY)
    (held,) = plan(*three(), containers=[ended]).held
    assert (held.bytes, held.names) == (10, ("old (ended 30d ago)",))


def test_the_digest_of_a_plan_is_the_same_until_the_deletions_change():
    first = plan(*three())
    assert first.digest().startswith("sha256:") and len(first.digest()) == 71
    # Neither the order of the engine's list, nor what stays, nor words and bytes are part of it.
    assert plan(*reversed(three()), image("z", APP + ":z", days=0)).digest() == first.digest()
    assert plan(*three(), more={"cache_held": None}).digest() == first.digest()


@pytest.mark.parametrize(
    "other",
    [
        {"delete": [{"name": "other", "older_than": "1d"}]},
        {"keep": [{"tags": "a"}]},
        {"delete": None},
        {"options": {"max_deletions": 2}},
        {"containers": [container("web", "a")]},
    ],
    ids=repr,
)
def test_the_digest_of_a_plan_changes_with_what_is_deleted_or_why(other):
    assert plan(*three(), **other).digest() != plan(*three()).digest()


def test_the_digest_of_a_plan_changes_when_a_name_moves_to_other_content():
    assert plan(image("a", APP + ":1")).digest() != plan(image("b", APP + ":1")).digest()


def test_an_engine_without_images_has_an_empty_plan():
    made = plan()
    assert (made.rows, made.near_misses, made.held, made.reclaimable) == ((), (), (), Interval())


@st.composite
def engines(draw):
    images, containers = [], []
    for place in range(draw(st.integers(0, 6))):
        steps = draw(st.lists(st.sampled_from("pq"), min_size=1, max_size=3))
        chains = [("/".join(steps[: depth + 1]), 1 + depth) for depth in range(len(steps))]
        tags = draw(
            st.sampled_from([(), ("%s:%d" % (APP, place),), ("%s:%d" % (APP, place), "docker.io/library/x:%d" % place)])
        )
        parent = draw(st.none() | st.integers(0, place - 1)) if place else None
        images.append(
            image(
                "%02d" % place,
                *tags,
                days=draw(st.sampled_from([0, 5, 40, None])),
                layers=chains,
                parent=None if parent is None else "sha256:%02d" % parent,
            )
        )
        if draw(st.integers(0, 4)) == 0:
            containers.append(container("c%d" % place, "%02d" % place))
    return images, containers


policies = st.fixed_dictionaries(
    {
        "delete": st.lists(
            st.sampled_from([{"repositories": "**"}, {"tagged": False}, {"older_than": "10d"}, {"repositories": "x"}]),
            max_size=2,
        ),
        "keep": st.lists(st.sampled_from([{"newest": 1}, {"newest": 2, "repositories": "team/**"}]), max_size=1),
    }
)
caps = st.none() | st.integers(1, 4)


@given(engines(), policies, caps)
def test_a_plan_has_each_row_once_deletions_first_and_exact_bytes(engine, policy, cap):
    images, containers = engine
    made = plan(*images, containers=containers, options={"max_deletions": cap}, **policy)
    assert len(made.rows) == sum(max(1, len(one.tags)) for one in images)
    assert len({(row.id, row.reference) for row in made.rows}) == len(made.rows)
    assert [row.action for row in made.rows] == sorted(row.action for row in made.rows)
    gone = [one.id for one in images if all(row.action == "delete" for row in made.rows if row.id == one.id)]
    assert made.reclaimable == Holdings(host(*images)).total(gone)
    planned = [row.outcome == PLANNED for row in made.deletes]
    assert planned == sorted(planned, reverse=True)
    assert sum(planned) == len(planned) if cap is None else sum(planned) == min(cap, len(planned))
    assert all(row.rule and row.reason and row.unused and not row.used_by for row in made.deletes)
    assert all(row.outcome is None and row.reason and row.kept_by for row in made.rows if row.action == "keep")


@given(engines(), policies, st.randoms())
def test_a_plan_is_a_function_of_the_facts_and_not_of_their_order(engine, policy, random):
    images, containers = engine
    shuffled = list(images)
    random.shuffle(shuffled)
    one, other = plan(*images, containers=containers, **policy), plan(*shuffled, containers=containers, **policy)
    assert one == other
    assert one.digest() == other.digest()
