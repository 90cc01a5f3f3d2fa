# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the usual tools would have deleted although somebody needs it."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    CONTAINERD,
    ServiceFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.near_misses import find_near_misses
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import (
    APP,
    DAY,
    NOW,
    container,
    host,
    image,
)

PRUNE = "docker image prune -a"
BOTH = PRUNE + ", age rule by build date"
TAG = APP + ":1"


def misses(*images, build_age=30 * DAY, containers=(), store="overlay2", services=(), **policy):
    policy.setdefault("delete", [{"older_than": "30d"}])
    facts = host(*images, containers=containers, store=store, services=tuple(services))
    return find_near_misses(Judged(facts, parse_policy(**policy)), build_age)


@pytest.mark.parametrize(
    ("one", "policy", "needed_by"),
    [
        (
            image("a", TAG),
            {"services": [ServiceFacts("shop", "x", "team/app:1")]},
            "in use: service shop (previous image, needed for a rollback)",
        ),
        (image("a", TAG), {"protect": ["team/app"]}, "protected: repository docker.io/team/app"),
        (image("a", TAG, days=0), {}, "arrived 0s ago (minimum_age 24h)"),
        (image("a", TAG), {"keep": [{"name": "rollback", "tags": "1"}]}, "kept by rule rollback"),
    ],
)
def test_what_is_needed_without_a_container_is_a_near_miss(one, policy, needed_by):
    (miss,) = misses(one, **policy)
    assert (miss.reference, miss.id, miss.peer, miss.needed_by) == ("team/app:1", "sha256:a", PRUNE, needed_by)


@pytest.mark.parametrize(
    ("created", "peer"),
    [
        (NOW - 30 * DAY, BOTH),
        (NOW - 400 * DAY, BOTH),
        (NOW - 30 * DAY + 1, PRUNE),
        (None, PRUNE),
        (0, PRUNE),
        (NOW + DAY, PRUNE),
    ],
)
def test_an_old_build_is_missed_by_age_rules_too(created, peer):
    (miss,) = misses(image("a", TAG, created=created), protect=["team/app"])
    assert miss.peer == peer


def test_the_age_of_the_peers_rule_can_be_given():
    (miss,) = misses(image("a", TAG, created=NOW - 5 * DAY), protect=["team/app"], build_age=4 * DAY)
    assert miss.peer == BOTH


def test_an_image_without_a_name_is_told_by_its_id():
    (miss,) = misses(image("a", days=0))
    assert (miss.reference, miss.id) == (None, "sha256:a")


@pytest.mark.parametrize(
    ("images", "more"),
    [
        # Prune spares what a container uses, in any state.
        ([image("a", TAG)], {"containers": [container("web", "a")]}),
        # Nobody needs it: it goes, or it only has no rule.
        ([image("a", TAG)], {}),
        ([image("a", TAG, days=5)], {}),
        # A parent of another image is spared by prune itself.
        ([image("a", days=0), image("b", TAG, parent="sha256:a")], {"containers": [container("web", "b")]}),
    ],
)
def test_what_the_peers_spare_or_nobody_needs_is_none(images, more):
    assert misses(*images, **more) == ()


@pytest.mark.parametrize(
    ("tags", "store", "expected"),
    [
        ((TAG, APP + ":2"), "overlay2", ["team/app:1", "team/app:2"]),
        ((TAG,), "overlay2", []),
        ((), "overlay2", []),
        ((TAG, APP + ":2"), CONTAINERD, []),
    ],
)
def test_on_the_graph_driver_prune_takes_all_names_but_one_of_an_image_in_use(tags, store, expected):
    found = misses(image("a", *tags), containers=[container("web", "a"), container("api", "a")], store=store)
    assert [miss.reference for miss in found] == expected
    assert all(
        miss.needed_by == "one of 2 names of the image of container web; prune leaves one, not necessarily this"
        for miss in found
    )


def test_near_misses_are_sorted_by_name_with_the_unnamed_last():
    found = misses(
        image("z", days=0), image("b", APP + ":2", days=0), image("c", APP + ":1", days=0), image("a", days=0)
    )
    assert [(miss.reference, miss.id) for miss in found] == [
        ("team/app:1", "sha256:c"),
        ("team/app:2", "sha256:b"),
        (None, "sha256:a"),
        (None, "sha256:z"),
    ]
