# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a cache is emptied, by which rule, and when not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.plan import CacheFacts, clocks, make_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._caching.policy import CachePolicy, parse_cache_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

DAY = 86400
NOW = 1_700_000_000
FACTS = CacheFacts(used=40 * 10**9, free=60 * 10**9, size=100 * 10**9, hollow=(), emptied=NOW - 2 * DAY, now=NOW)
POLICY = parse_cache_policy({"max_size": "50GB", "max_age": "6d", "min_free": "10%"})


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"used": 50 * 10**9}, None),
        ({"used": 50 * 10**9 + 1}, "max_size"),
        ({"free": 10 * 10**9}, None),
        ({"free": 10 * 10**9 - 1}, "min_free"),
        ({"emptied": NOW - 6 * DAY + 1}, None),
        ({"emptied": NOW - 6 * DAY}, "max_age"),
        ({"hollow": ("sha256:ab",)}, "damage"),
        ({"hollow": ("sha256:ab",), "used": 60 * 10**9}, "damage"),
        ({"emptied": NOW + 1}, None),
        # There is nothing to empty, whatever else fills the disk.
        ({"used": 0, "free": 0, "emptied": 0}, None),
    ],
)
def test_the_rule_that_decides(changes, rule):
    plan = make_plan("hub", replace(FACTS, **changes), POLICY)
    assert (plan.rule, plan.empties) == (rule, rule is not None)
    assert plan.bytes == replace(FACTS, **changes).used
    assert plan.outcome == "planned"


def test_without_limits_only_damage_empties():
    old = replace(FACTS, used=10**15, free=0, emptied=0)
    assert not make_plan("hub", old, CachePolicy()).empties
    assert make_plan("hub", replace(old, hollow=("sha256:ab",)), CachePolicy()).rule == "damage"


def test_reasons_tell_figure_and_limit():
    assert make_plan("hub", replace(FACTS, used=60 * 10**9), POLICY).reason == (
        "it takes 60.00 GB, more than 50.00 GB (max_size)"
    )
    assert make_plan("hub", FACTS, POLICY).reason == "it takes 40.00 GB of 50.00 GB (max_size), began empty 2d ago"


def test_a_beginning_in_the_future_is_told_where_an_age_was_asked_for():
    future = replace(FACTS, emptied=NOW + 10)
    assert "future" in clocks(future, POLICY)
    assert clocks(future, CachePolicy()) is None
    assert clocks(FACTS, POLICY) is None


def test_plans_that_do_the_same_have_the_same_name():
    large = make_plan("hub", replace(FACTS, used=60 * 10**9), POLICY)
    assert large.digest == make_plan("hub", replace(FACTS, used=70 * 10**9), POLICY).digest
    assert large.digest != make_plan("other", replace(FACTS, used=60 * 10**9), POLICY).digest
    assert large.digest != make_plan("hub", FACTS, POLICY).digest


@pytest.mark.parametrize(
    "options",
    [
        {"max_size": "0"},
        {"max_age": "0"},
        {"max_size": "much"},
        {"max_age": "6"},
        {"min_free": "100%"},
        {"min_free": "x"},
    ],
)
def test_limits_that_cannot_be_meant(options):
    with pytest.raises(PolicyError) as caught:
        parse_cache_policy(options)
    assert next(iter(options)) in str(caught.value)
