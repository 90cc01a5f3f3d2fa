# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts of a host: use, pins and the build tree."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    ContainerFacts,
    ServiceFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import INTERMEDIATE_RULE, Judged
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import (
    APP,
    DAY,
    NOW,
    container,
    host,
    image,
)

ALL = [{"older_than": "1d"}]
NAMED = [{"repositories": "**"}]
PIN = APP + "@sha256:" + "d" * 64


def judge(*images, delete=tuple(ALL), forced_keep=None, containers=(), more=None, **policy):
    return Judged(
        host(*images, containers=containers, **(more or {})), parse_policy(delete=delete, **policy), forced_keep
    )


def actions(judged):
    return {key.replace("sha256:", "", 1): verdict.action for key, verdict in judged.verdicts.items()}


def test_every_name_and_every_unnamed_image_has_a_verdict():
    judged = judge(image("a", APP + ":1", APP + ":2"), image("b"), image("c", pinned=(PIN,), digests=(PIN,)))
    assert actions(judged) == {"a %s:1" % APP: "delete", "a %s:2" % APP: "delete", "b": "delete", "c " + PIN: "delete"}
    assert all(judged.deletes_all_of(one) for one in judged.rows)


@pytest.mark.parametrize(
    ("containers", "more", "reason"),
    [
        ([container("web", "a")], {}, "in use: container web (running)"),
        ([ContainerFacts("old", "old", "sha256:a", state="exited")], {}, "in use: container old (exited)"),
        (
            [ContainerFacts("m", "m", "sha256:gone", state="running", mounts=(APP + ":1",))],
            {},
            "in use: mounted by container m (running)",
        ),
        ([], {"services": (ServiceFacts("shop", "team/app:1"),)}, "in use: service shop"),
        (
            [],
            {"services": (ServiceFacts("shop", "x:1", "team/app:1"),)},
            "in use: service shop (previous image, needed for a rollback)",
        ),
        ([container("web", "a"), container("api", "a")], {}, "in use: container web (running) and 1 more"),
    ],
)
def test_all_names_of_an_image_in_use_stay(containers, more, reason):
    judged = judge(image("a", APP + ":1", APP + ":2"), image("b", APP + ":3"), containers=containers, more=more)
    assert {verdict.reason for key, verdict in judged.verdicts.items() if key.startswith("sha256:a")} == {reason}
    assert not judged.deletes_all_of("sha256:a")
    assert judged.deletes_all_of("sha256:b")


def test_a_reason_from_outside_keeps_one_row():
    judged = judge(image("a", APP + ":1", APP + ":2"), forced_keep={"sha256:a %s:1" % APP: "not restorable"})
    assert actions(judged) == {"a %s:1" % APP: "keep", "a %s:2" % APP: "delete"}
    assert judged.verdicts["sha256:a %s:1" % APP].reason == "not restorable"
    assert not judged.deletes_all_of("sha256:a")


def test_a_name_that_came_later_than_its_image_counts_from_then():
    late = image("a", APP + ":1", APP + ":2", tag_arrived={APP + ":2": NOW - 100})
    assert actions(judge(late)) == {"a %s:1" % APP: "delete", "a %s:2" % APP: "keep"}


def test_a_digest_name_that_stays_keeps_one_tag_of_its_repository():
    pinned = image("a", APP + ":1", APP + ":2", "docker.io/other/app:1", pinned=(PIN,), digests=(PIN,))
    judged = judge(pinned, delete=[{"tags": "**"}])
    assert actions(judged) == {
        "a " + PIN: "keep",
        "a %s:1" % APP: "delete",
        "a %s:2" % APP: "keep",
        "a docker.io/other/app:1": "delete",
    }
    kept = judged.verdicts["sha256:a %s:2" % APP]
    assert (kept.kept_by, kept.rule) == ("other", None)
    assert kept.reason.startswith("without it the engine would drop the digest name team/app@sha256:ddd")


def test_a_digest_name_that_goes_keeps_nothing():
    pinned = image("a", APP + ":1", pinned=(PIN,), digests=(PIN,))
    assert set(actions(judge(pinned, delete=NAMED)).values()) == {"delete"}


def test_a_parent_stays_while_a_child_stays():
    judged = judge(
        image("a"),
        image("b", parent="sha256:a"),
        image("c", APP + ":1", parent="sha256:b"),
        containers=[container("web", "c")],
    )
    assert set(actions(judged).values()) == {"keep"}
    assert judged.verdicts["sha256:b"].reason == "in use: parent of team/app:1, which stays"
    assert judged.verdicts["sha256:a"].reason == "in use: parent of b, which stays"
    assert {verdict.kept_by for verdict in judged.verdicts.values()} == {"use"}


def test_a_named_parent_of_a_child_that_no_rule_deletes_stays():
    judged = judge(image("a", APP + ":base"), image("b", APP + ":1", parent="sha256:a"), delete=[{"tags": "base"}])
    assert judged.verdicts["sha256:a %s:base" % APP].reason == "in use: parent of team/app:1, which stays"


def test_an_unnamed_parent_goes_with_its_last_child():
    family = [image("a"), image("b", parent="sha256:a"), image("c", APP + ":1", parent="sha256:b")]
    judged = judge(*family, delete=NAMED)
    assert set(actions(judged).values()) == {"delete"}
    step = judged.verdicts["sha256:b"]
    assert (step.rule, step.reason) == (INTERMEDIATE_RULE, "build step of team/app:1, which is deleted")
    assert judged.ordered_images() == ["sha256:c", "sha256:b", "sha256:a"]


def test_an_unnamed_parent_of_two_children_waits_for_both():
    judged = judge(
        image("a"),
        image("b", APP + ":1", parent="sha256:a"),
        image("c", APP + ":2", parent="sha256:a"),
        delete=[{"tags": "1"}],
    )
    assert actions(judged) == {"a": "keep", "b %s:1" % APP: "delete", "c %s:2" % APP: "keep"}
    assert judged.verdicts["sha256:a"].reason == "in use: parent of team/app:2, which stays"


@pytest.mark.parametrize(
    ("parent", "policy"),
    [
        (image("a", labels={"keep": "1"}), {"keep": [{"labels": "keep"}]}),
        (image("a"), {"protect": ["sha256:" + "0" * 64]}),
        (image("a", days=0), {}),
        (image("a", days=None), {}),
    ],
)
def test_an_unnamed_parent_with_a_reason_of_its_own_stays_when_its_child_goes(parent, policy):
    if policy.get("protect"):
        parent = image("a", members=("sha256:" + "0" * 64,))
    judged = judge(parent, image("b", APP + ":1", parent="sha256:a"), delete=NAMED, **policy)
    assert actions(judged) == {"a": "keep", "b %s:1" % APP: "delete"}


def test_a_named_parent_that_no_rule_deletes_stays_without_its_child():
    judged = judge(image("a", APP + ":base"), image("b", APP + ":1", parent="sha256:a"), delete=[{"tags": "1"}])
    assert actions(judged) == {"a %s:base" % APP: "keep", "b %s:1" % APP: "delete"}


def test_distrusted_clocks_reach_every_verdict():
    judged = judge(image("a", APP + ":1"), more={"clock_distrust": "the clock jumped"})
    assert judged.verdicts["sha256:a %s:1" % APP].reason == "kept because ages cannot be trusted: the clock jumped"


def test_images_go_oldest_last_seen_first():
    facts = [
        image("a", APP + ":1", days=10),
        image("b", APP + ":2", days=30),
        image("c", APP + ":3", days=40, last_used=NOW - 5 * DAY),
        image("d", APP + ":4", days=30),
    ]
    assert judge(*facts).ordered_images() == ["sha256:b", "sha256:d", "sha256:a", "sha256:c"]


def test_images_with_nothing_to_delete_are_not_in_the_order():
    judged = judge(image("a", APP + ":1"), image("b", APP + ":2"), delete=[{"tags": "2"}])
    assert judged.ordered_images() == ["sha256:b"]


class Counted(Judged):
    """Gives up instead of going round for ever."""

    looks = 0

    def last_seen(self, image):
        self.looks += 1
        assert self.looks < 1000, "the order goes round and round"
        return super().last_seen(image)


@pytest.mark.parametrize("parents", [{"c": "c"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}], ids=repr)
def test_a_loop_of_parents_ends(parents):
    images = [
        image(name, APP + ":" + name, parent="sha256:" + parents[name] if name in parents else None) for name in "abc"
    ]
    judged = Counted(host(*images), parse_policy(delete=ALL))
    assert len(judged.ordered_images()) == len({one for one in judged.rows if judged.deletes_all_of(one)})


@st.composite
def forests(draw):
    """Images of the classic builder: each is built on none or on an earlier one."""
    images, containers = [], []
    for place in range(draw(st.integers(1, 8))):
        parent = draw(st.none() | st.integers(0, place - 1)) if place else None
        tags = draw(st.sampled_from([(), (), (APP + ":%d" % place,), (APP + ":%d" % place, APP + ":old-%d" % place)]))
        images.append(
            image(
                "%02d" % place,
                *tags,
                days=draw(st.sampled_from([0, 5, 20, 50, None])),
                parent=None if parent is None else "sha256:%02d" % parent,
                last_used=draw(st.none() | st.integers(NOW - 60 * DAY, NOW)),
            )
        )
        if draw(st.integers(0, 5)) == 0:
            containers.append(container("c%d" % place, "%02d" % place))
    return images, containers


rules = st.lists(
    st.sampled_from([{"repositories": "**"}, {"tags": "old-*"}, {"tagged": False}, {"older_than": "10d"}]),
    min_size=1,
    max_size=2,
)


@given(forests(), rules)
def test_nothing_is_deleted_under_an_image_that_stays_or_in_use(forest, delete):
    images, containers = forest
    judged = judge(*images, containers=containers, delete=delete)
    used = {one.image_id for one in containers}
    for one in images:
        if judged.deletes_all_of(one.id):
            assert one.id not in used
            assert all(judged.deletes_all_of(child) for child in judged.children.get(one.id, ()))


@given(forests(), rules)
def test_the_order_holds_every_deletion_once_and_children_before_parents(forest, delete):
    images, containers = forest
    judged = judge(*images, containers=containers, delete=delete)
    order = judged.ordered_images()
    assert sorted(order) == sorted(
        {row.image for rows in judged.rows.values() for row in rows if judged.verdicts[row.key].action == "delete"}
    )
    for one in images:
        if one.parent in order and one.id in order:
            assert order.index(one.id) < order.index(one.parent)


@given(forests(), rules, st.randoms())
def test_the_order_in_which_the_engine_lists_does_not_matter(forest, delete, random):
    images, containers = forest
    shuffled = list(images)
    random.shuffle(shuffled)
    one, other = (
        judge(*images, containers=containers, delete=delete),
        judge(*shuffled, containers=containers, delete=delete),
    )
    assert one.verdicts == other.verdicts
    assert one.ordered_images() == other.ordered_images()
