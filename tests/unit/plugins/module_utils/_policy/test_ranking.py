# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest N: places, ties, groups, lines, and what cannot be ranked."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.ranking import rank
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import HOST, KEEP, REGISTRY, parse_rules

NOW = 1_700_000_000
DAY = 86400
APP = "docker.io/team/app"


def rule(target=REGISTRY, **fields):
    (parsed,) = parse_rules([fields], KEEP, target)
    return parsed


def kept(parsed, tags, repository=APP, digests=None, ages=None):
    """The tags that stay; every tag is content of its own, `ages` days old."""
    digests, ages = digests or {}, ages or {}
    candidates = [
        (tag, repository, tag, digests.get(tag, "digest of " + tag), Clock(NOW - ages.get(tag, 1) * DAY))
        for tag in tags
    ]
    return set(rank(parsed, candidates, NOW))


@pytest.mark.parametrize(
    ("fields", "tags", "stay"),
    [
        ({"newest": 2}, ["1.9", "1.10", "1.11"], {"1.10", "1.11"}),
        ({"newest": 5}, ["1.9", "1.10"], {"1.9", "1.10"}),
        ({"newest": 1}, ["1.0", "1.0-rc1", "0.9"], {"1.0"}),
        ({"newest": 1}, ["2.0-rc1", "1.0"], {"2.0-rc1"}),
        # Two ways to write one version: a tie, both stay.
        ({"newest": 1}, ["1.2", "1.2.0", "1.1"], {"1.2", "1.2.0"}),
        # Tags that are no version stay and take no place.
        ({"newest": 1}, ["latest", "main", "1.0", "2.0"], {"latest", "main", "2.0"}),
        # Variants are lines of their own.
        ({"newest": 1}, ["1.0", "1.1", "1.0-alpine", "1.1-alpine", "0.9-slim"], {"1.1", "1.1-alpine", "0.9-slim"}),
        ({"newest": 1}, ["1.0-alpine3.19", "1.0-alpine3.20"], {"1.0-alpine3.19", "1.0-alpine3.20"}),
        ({"newest": 1}, ["1.2.3-5-g1a2b3c4", "1.2.3-6-g2b3c4d5", "1.2.3"], {"1.2.3-6-g2b3c4d5"}),
        ({"newest": 1, "newest_per": "major"}, ["1.0", "1.9", "2.0", "2.1", "latest"], {"1.9", "2.1", "latest"}),
        ({"newest": 1, "newest_per": "minor"}, ["1.0.1", "1.0.2", "1.1.0", "2.0.0"], {"1.0.2", "1.1.0", "2.0.0"}),
        ({"newest": 1, "newest_per": "major", "newest_groups": 2}, ["1.0", "2.0", "3.0", "3.1"], {"2.0", "3.1"}),
        ({"newest_per": "major", "newest_groups": 1}, ["1.0", "3.0", "3.1", "3.2"], {"3.0", "3.1", "3.2"}),
        # newest_groups counts for each line.
        (
            {"newest": 1, "newest_per": "minor", "newest_groups": 1},
            ["1.0", "1.1", "1.0-alpine", "0.9-alpine"],
            {"1.1", "1.0-alpine"},
        ),
        ({"newest": 2, "prerelease": False}, ["1.0", "1.1", "1.2-rc1", "1.2"], {"1.1", "1.2"}),
        ({"newest": 1, "prerelease": True}, ["1.0", "1.1-rc1", "1.1-rc2", "1.2"], {"1.1-rc2"}),
        ({"prerelease": True}, ["1.0", "1.1-rc1", "1.1-rc2"], {"1.1-rc1", "1.1-rc2"}),
        ({"newest": 1, "prerelease": False}, ["latest", "2.0-rc1", "1.0"], {"latest", "1.0"}),
        (
            {"newest": 1, "newest_per": "pattern", "tags": "regex:([a-z]+)-[0-9.]+", "order": "clock"},
            ["web-1", "web-2", "api-1"],
            {"web-1", "web-2", "api-1"},
        ),
        ({"newest": 1}, [], set()),
    ],
)
def test_the_newest_versions_stay(fields, tags, stay):
    assert kept(rule(**fields), tags) == stay
    assert kept(rule(**fields), list(reversed(tags))) == stay


@pytest.mark.parametrize(
    ("fields", "ages", "stay"),
    [
        ({"newest": 1}, {"old": 9, "new": 1, "newer": 0}, {"newer"}),
        ({"newest": 2}, {"a": 5, "b": 5, "c": 1}, {"a", "b", "c"}),
        ({"newest": 1}, {"1.0": 1, "2.0": 9}, {"1.0"}),
        ({"newest": 1, "newest_per": "major"}, {"1.0": 9, "1.1": 1, "2.0": 5, "main": 99}, {"1.1", "2.0", "main"}),
        ({"newest": 1, "newest_per": "major", "newest_groups": 1}, {"1.0": 1, "2.0": 5}, {"1.0"}),
        (
            {"newest": 1, "newest_per": "pattern", "tags": "regex:([a-z]+)-[0-9]+"},
            {"web-1": 3, "web-2": 1, "api-1": 9, "api-2": 8},
            {"web-2", "api-2"},
        ),
        (
            {"newest": 1, "newest_per": "pattern", "newest_groups": 1, "tags": "regex:([a-z]+)-[0-9]+"},
            {"web-1": 3, "web-2": 1, "api-1": 9},
            {"web-2"},
        ),
        (
            {"newest": 1, "newest_per": "pattern", "tags": ["regex:([a-z]+)-[0-9]+", "main"]},
            {"web-1": 3, "web-2": 1, "main": 99},
            {"web-2", "main"},
        ),
    ],
)
def test_the_newest_by_clock_stay(fields, ages, stay):
    assert kept(rule(HOST, **fields), list(ages), ages=ages) == stay


def test_digests_take_places_and_not_names():
    digests = {"1.2": "same", "1.2.3": "same", "latest-1": "same"}
    assert kept(rule(newest=2), ["1.2", "1.2.3", "1.1", "1.0"], digests=digests) == {"1.2", "1.2.3", "1.1"}
    # All names of kept content stay, the older ones too.
    assert kept(rule(newest=1), ["2.0", "1.0", "1.5"], digests={"2.0": "same", "1.0": "same"}) == {"2.0", "1.0"}


@pytest.mark.parametrize("at", [None, 0, NOW + 10 * DAY])
def test_an_unknown_moment_stays_and_takes_no_place(at):
    candidates = [
        ("unknown", APP, "x", "1", Clock(at)),
        ("old", APP, "y", "2", Clock(NOW - DAY)),
        ("new", APP, "z", "3", Clock(NOW)),
    ]
    assert set(rank(rule(HOST, newest=1), candidates, NOW)) == {"unknown", "new"}


def test_repositories_are_ranked_apart_and_what_has_none_is_in_no_group():
    candidates = [
        ("a1", "docker.io/a", "1", "1", Clock(NOW)),
        ("a2", "docker.io/a", "2", "2", Clock(NOW)),
        ("b1", "docker.io/b", "1", "3", Clock(NOW)),
        ("none", None, None, "4", Clock(NOW)),
    ]
    assert set(rank(rule(newest=1), candidates, NOW)) == {"a2", "b1"}


@pytest.mark.parametrize(
    ("fields", "tag", "reason"),
    [
        ({"newest": 2}, "1.9", "kept by rule three: number 2 of the newest 2 per repository"),
        ({"newest": 1, "newest_per": "major"}, "1.10", "kept by rule three: number 1 of the newest 1 per major"),
        ({"newest_groups": 1, "newest_per": "major"}, "1.9", "kept by rule three: number 2 in a newest group"),
        ({"newest": 1}, "main", "kept by rule three: main is not a version, so it cannot be ranked"),
        ({"prerelease": False}, "1.9", "kept by rule three"),
    ],
)
def test_the_reason_names_rule_and_place(fields, tag, reason):
    candidates = [(name, APP, name, name, Clock(NOW)) for name in ("1.10", "1.9", "main")]
    ranked = rank(rule(name="three", **fields), candidates, NOW)[tag]
    assert (ranked.rule, ranked.reason) == ("three", reason)


def test_the_reason_says_what_could_not_be_ranked():
    by_clock = rank(rule(HOST, newest=1), [("x", APP, "x", "1", Clock(None))], NOW)["x"]
    assert by_clock.reason == "kept by rule keep[0]: its arrived time is unknown, so it cannot be ranked"
    grouped = rule(HOST, newest=1, newest_per="pattern", tags=["regex:(a)-.*", "main"])
    assert (
        rank(grouped, [("x", APP, "main", "1", Clock(NOW))], NOW)["x"].reason
        == "kept by rule keep[0]: main has no captured group"
    )


tags = st.sampled_from(["latest", "1.0", "1.0.0", "1.1", "1.2", "2.0", "2.0-rc1", "1.0-alpine", "1.1-alpine", "main"])
moments = st.none() | st.integers(0, 5)
drawn = st.lists(st.tuples(st.sampled_from("ab"), tags, st.integers(0, 4), moments), max_size=12)


def candidates_of(rows):
    return [
        (
            "key%d" % place,
            "docker.io/" + repository,
            tag,
            "digest%d" % digest,
            Clock(None if at is None else NOW - at * DAY),
        )
        for place, (repository, tag, digest, at) in enumerate(rows)
    ]


@given(drawn, st.integers(1, 4), st.sampled_from([HOST, REGISTRY]), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(rows, count, target, random):
    candidates = candidates_of(rows)
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert set(rank(rule(target, newest=count), candidates, NOW)) == set(
        rank(rule(target, newest=count), shuffled, NOW)
    )


@given(drawn, st.integers(1, 4), st.sampled_from(["repository", "major", "minor"]), st.sampled_from([HOST, REGISTRY]))
def test_a_larger_count_keeps_at_least_as_much(rows, count, per, target):
    candidates = candidates_of(rows)
    less = set(rank(rule(target, newest=count, newest_per=per), candidates, NOW))
    assert less <= set(rank(rule(target, newest=count + 1, newest_per=per), candidates, NOW))
    assert set(rank(rule(target, newest=count, newest_per=per, newest_groups=1), candidates, NOW)) <= less


@given(drawn, st.integers(1, 4))
def test_by_clock_each_line_keeps_the_newest_digests(rows, count):
    candidates = [one for one in candidates_of(rows) if one[2] != "1.0-alpine" and one[2] != "1.1-alpine"]
    stay = set(rank(rule(HOST, newest=count), candidates, NOW))
    for repository in ("docker.io/a", "docker.io/b"):
        newest = {}
        for _key, where, _tag, digest, clock in candidates:
            if where == repository and clock.at is not None:
                newest[digest] = max(newest.get(digest, 0), clock.at)
        for key, where, _tag, digest, clock in candidates:
            if where != repository:
                continue
            better = sum(1 for at in newest.values() if at > newest.get(digest, 0))
            assert (key in stay) == (clock.at is None or better < count)
