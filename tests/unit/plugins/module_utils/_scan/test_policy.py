# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies and listings as people write them."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing, parse_listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy, parse_policy


@pytest.mark.parametrize("nothing", [None, "", {}], ids=repr)
def test_nothing_is_no_policy(nothing):
    assert parse_policy(nothing) == Policy()
    assert not parse_policy(nothing).given


def test_a_whole_policy():
    policy = parse_policy(
        {"max": {"critical": 0, "high": "3", "unknown": 5}, "fixable_only": True, "grace": {"critical": "7d", "low": 0}}
    )
    assert policy == Policy(
        {"critical": 0, "high": 3, "low": 0, "unknown": 5}, {"critical": 604800, "low": 0}, True, True
    )


def test_grace_alone_is_a_limit_of_none():
    assert parse_policy({"grace": {"high": "14d"}}).limits == {"high": 0}


@pytest.mark.parametrize("word", ["yes", "true", True, "on", 1], ids=repr)
def test_fixable_only_in_words(word):
    assert parse_policy({"max": {"high": 0}, "fixable_only": word}).fixable_only


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["critical"], "policy: ['critical'] is not a mapping of max, fixable_only, grace"),
        ({"maximum": {}}, "policy.maximum: no such field; did you mean max? known are max, fixable_only, grace"),
        ({7: {}}, "policy.7: no such field; known are max, fixable_only, grace"),
        ({"max": 3}, "policy.max: 3 is not a mapping of critical, high, medium, low, unknown"),
        (
            {"max": {"Critical": 0}},
            "policy.max.Critical: no such field; did you mean critical? known are critical, high, medium, low, unknown",
        ),
        (
            {"max": {"critical": -1}},
            "policy.max.critical: -1 is not a whole number from 0 on; to allow any number leave it out",
        ),
        (
            {"max": {"high": True}},
            "policy.max.high: True is not a whole number from 0 on; to allow any number leave it out",
        ),
        (
            {"max": {"high": False}},
            "policy.max.high: False is not a whole number from 0 on; to allow any number leave it out",
        ),
        (
            {"max": {"high": 1.5}},
            "policy.max.high: 1.5 is not a whole number from 0 on; to allow any number leave it out",
        ),
        (
            {"max": {"high": "ten"}},
            "policy.max.high: 'ten' is not a whole number from 0 on; to allow any number leave it out",
        ),
        (
            {"max": {"high": []}},
            "policy.max.high: [] is not a whole number from 0 on; to allow any number leave it out",
        ),
        ({"grace": {"critical": 7}}, "policy.grace.critical: 7 has no unit; write 7d (units: s m h d w)"),
        (
            {"grace": {"critical": "-7d"}},
            "policy.grace.critical: '-7d' is not a duration; write for example 90m, 24h, 1h30m, 14d or 6w",
        ),
        (
            {"grace": {"critical": True}},
            "policy.grace.critical: True is not a duration; write for example 90m, 24h, 1h30m, 14d or 6w",
        ),
        ({"max": {"high": 0}, "fixable_only": "maybe"}, "policy.fixable_only: 'maybe' is neither true nor false"),
        (
            {"fixable_only": True},
            "policy: it limits nothing; give max or grace for a severity (max: {critical: 0}), or drop it",
        ),
        ({"max": {}}, "policy: it limits nothing; give max or grace for a severity (max: {critical: 0}), or drop it"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(PolicyError) as refusal:
        parse_policy(options)
    assert str(refusal.value) == message


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["7d", "0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["max", "grace", "fixable_only", *SEVERITIES, "other"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JUNK)
def test_any_options_give_a_policy_or_an_error_that_names_it(options):
    try:
        policy = parse_policy(options)
    except PolicyError as error:
        assert str(error).startswith("policy")
    else:
        assert policy.given == bool(policy.limits)
        assert all(limit >= 0 for limit in policy.limits.values())
        assert set(policy.grace) <= set(policy.limits) <= set(SEVERITIES)


def test_a_listing_keeps_the_order_of_severities():
    assert parse_listing(["low", "critical"], True, Policy()) == Listing(("critical", "low"), True)
    assert parse_listing(None, False, Policy()) == Listing(SEVERITIES) == parse_listing([], False, Policy())


@pytest.mark.parametrize(
    ("severities", "policy", "message"),
    [
        (["serious"], {}, "severities: 'serious' is none of critical, high, medium, low, unknown"),
        ("critical", {}, "severities: 'critical' is not a list of severities"),
        ([True], {}, "severities: True is none of critical, high, medium, low, unknown"),
        (
            ["critical"],
            {"max": {"high": 0}},
            "severities: the policy limits high findings, which critical leaves out, so they would never count;"
            " add high, or drop its limit from the policy",
        ),
    ],
)
def test_a_listing_that_hides_what_the_policy_limits_is_refused(severities, policy, message):
    with pytest.raises(PolicyError) as refusal:
        parse_listing(severities, False, parse_policy(policy))
    assert str(refusal.value) == message
