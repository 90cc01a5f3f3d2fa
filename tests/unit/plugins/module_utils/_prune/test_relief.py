# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under disk pressure: as much as is asked for, oldest first, or nothing."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.judge import Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem, Need
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.relief import relieve
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import (
    APP,
    container,
    host,
    image,
)

DISK = FileSystem("/var/lib/docker", size=1000, used=900, free=100, inodes=500, inodes_used=450)
ALL = [{"older_than": "1d"}]


def relief(need, *images, delete=tuple(ALL), containers=(), **more):
    facts = host(*images, containers=containers, **more)
    judged = Judged(facts, parse_policy(delete=delete))
    return relieve(judged, Holdings(facts), need, DISK), judged


def three():
    """10 bytes each, oldest first: c, b, a."""
    return [
        image(name, APP + ":" + name, days=days, layers=[(name, 10)])
        for name, days in (("a", 10), ("b", 20), ("c", 30))
    ]


def short(result):
    return [one.replace("sha256:", "") for one in result.images]


def reasons(judged, action="keep"):
    return {key[7]: verdict.reason for key, verdict in judged.verdicts.items() if verdict.action == action}


def test_without_pressure_nothing_goes():
    result, judged = relief(Need(text="10 of 1000 used"), *three())
    assert (result.images, result.unreachable) == ((), None)
    assert set(reasons(judged).values()) == {"no pressure: 10 of 1000 used"}
    assert {verdict.kept_by for verdict in judged.verdicts.values()} == {"pressure"}


@pytest.mark.parametrize(("wanted", "gone"), [(1, "c"), (10, "c"), (11, "cb"), (20, "cb"), (21, "cba"), (30, "cba")])
def test_the_oldest_go_until_the_need_is_met(wanted, gone):
    result, judged = relief(Need(bytes=wanted, relief=1, text="full"), *three())
    assert short(result) == list(gone)
    assert result.unreachable is None
    assert set(reasons(judged, "delete")) == set(gone)
    assert set(reasons(judged).values()) <= {"the low watermark is reached without it, or it would free nothing"}


def test_when_all_of_it_would_not_end_the_pressure_none_goes():
    result, judged = relief(Need(bytes=100, relief=31, text="900 of 1000 used"), *three())
    assert result.images == ()
    assert set(reasons(judged)) == {"a", "b", "c"}
    assert set(reasons(judged).values()) == {
        "target unreachable, deleting it would not end the pressure: 900 of 1000 used"
    }
    assert result.unreachable.startswith(
        "900 of 1000 used; 100 B must go, the rules allow 30 B. All images together hold 30 B"
    )
    assert "the other 870 B are not images" in result.unreachable
    assert "docker system df -v" in result.unreachable and "/var/lib/docker" in result.unreachable


def test_when_the_pressure_ends_but_the_target_is_missed_it_goes_and_says_so():
    result, _judged = relief(Need(bytes=100, relief=30, text="full"), *three())
    assert short(result) == ["c", "b", "a"]
    assert "100 B must go, the rules allow 30 B" in result.unreachable


def test_the_explanation_tells_what_images_in_use_hold():
    result, _judged = relief(Need(bytes=100, relief=100, text="full"), *three(), containers=[container("web", "a")])
    assert "the rules allow 20 B. All images together hold 30 B (10 B of it only images in use)" in result.unreachable


def test_images_that_free_nothing_stay():
    twin = image("t", APP + ":t", days=50, layers=[("shared", 10)])
    used = image("u", APP + ":u", days=60, layers=[("shared", 10)])
    result, judged = relief(
        Need(bytes=5, relief=5, text="full"), twin, used, *three(), containers=[container("web", "u")]
    )
    assert short(result) == ["c"]
    assert "t" in reasons(judged)


def test_an_image_with_a_name_that_stays_is_no_relief():
    one = image("a", APP + ":1", APP + ":keep", layers=[("a", 10)])
    result, judged = relief(Need(bytes=5, relief=5, text="full"), one, delete=[{"tags": "1"}])
    assert result.images == ()
    assert result.unreachable
    assert set(reasons(judged, "delete")) == set()


def test_what_the_build_cache_may_hold_is_no_certain_relief():
    result, _judged = relief(Need(bytes=10, relief=10, text="full"), *three(), cache_held=frozenset(["c"]))
    assert short(result) == ["c", "b"]


@pytest.mark.parametrize(("images", "gone"), [(three(), ["c", "b", "a"]), ([], [])])
def test_under_inode_pressure_everything_allowed_is_planned(images, gone):
    result, _judged = relief(Need(inodes=100, text="full"), *images)
    assert short(result) == gone
    assert (result.unreachable is None) == bool(gone)
    if not gone:
        assert "100 inodes must go" in result.unreachable


def test_under_inode_pressure_images_that_free_nothing_stay_too():
    twin = image("t", APP + ":t", days=50, layers=[("a", 10)])
    held = image("u", APP + ":u", layers=[("a", 10)])
    result, judged = relief(Need(inodes=100, text="full"), twin, held, containers=[container("web", "u")])
    assert result.images == ()
    assert reasons(judged)["t"] == "would free nothing"


@pytest.mark.parametrize(
    "need", [Need(bytes=10, relief=10, inodes=100, text="full"), Need(bytes=1000, relief=1000, inodes=100, text="full")]
)
def test_inode_pressure_beside_pressure_by_bytes_still_plans_everything_allowed(need):
    # Inodes cannot be foretold; bytes that are met, or out of reach, do not end the pressure on inodes.
    result, _judged = relief(need, *three())
    assert short(result) == ["c", "b", "a"]


layers = st.lists(st.tuples(st.sampled_from("pqrstu"), st.just(10)), min_size=1, max_size=3, unique=True)
hosts = st.lists(st.tuples(layers, st.integers(2, 50), st.booleans()), min_size=1, max_size=6)


@given(hosts, st.integers(1, 60), st.integers(1, 60))
def test_relief_is_enough_and_not_more_than_the_rules_allow(rows, wanted, end):
    images = [
        image(str(place), APP + ":%d" % place, days=days, layers=chains)
        for place, (chains, days, _used) in enumerate(rows)
    ]
    containers = [container("c%d" % place, str(place)) for place, (_chains, _days, used) in enumerate(rows) if used]
    need = Need(bytes=max(wanted, end), relief=min(wanted, end), text="full")
    facts = host(*images, containers=containers)
    allowed = [one.id for one in images if one.id not in {used.image_id for used in containers}]
    result, judged = relief(need, *images, containers=containers)
    holdings = Holdings(facts)
    freed, possible = holdings.total(result.images).low, holdings.total(allowed).low
    assert set(result.images) <= set(allowed)
    assert set(result.images) == {one.id for one in images if judged.deletes_all_of(one.id)}
    assert (result.unreachable is None) == (possible >= need.bytes)
    if possible >= need.bytes:
        assert freed >= need.bytes
        # Without the last one it would not be enough.
        assert not result.images or holdings.total(result.images[:-1]).low < need.bytes
    elif possible >= need.relief:
        assert freed == possible
    else:
        assert freed == 0
