# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages: what is known, what is not, and where the limits are."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import (
    Clock,
    age,
    older_than,
    usable,
    younger_than,
)

NOW = 1_700_000_000
DAY = 86400
YEAR_1980 = 315_532_800


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (None, False),
        (0, False),
        (-5, False),
        (1, False),
        (YEAR_1980, False),
        (YEAR_1980 + DAY, False),
        (YEAR_1980 + 30 * DAY, True),
        (NOW - 1, True),
        (NOW, True),
        (NOW + 300, True),
        (NOW + 301, False),
        (NOW + 365 * DAY, False),
    ],
)
def test_dates_of_reproducible_builds_and_of_the_future_are_unknown(at, answer):
    assert usable(Clock(at), NOW) is answer
    assert (age(Clock(at), NOW) is not None) is answer


def test_a_moment_just_ahead_is_now():
    assert age(Clock(NOW + 200), NOW) == 0


@pytest.mark.parametrize(
    ("clock", "seconds", "older", "younger"),
    [
        (Clock(NOW - DAY), DAY, True, False),
        (Clock(NOW - DAY + 1), DAY, False, True),
        (Clock(NOW), 0, True, False),
        (Clock(None), DAY, None, None),
        (Clock(0), DAY, None, None),
        (Clock(NOW + DAY), DAY, None, None),
        # Watched for two days without a sighting: at least two days unused, perhaps more.
        (Clock(NOW - 2 * DAY, exact=False), DAY, True, False),
        (Clock(NOW - 2 * DAY, exact=False), 2 * DAY, True, False),
        (Clock(NOW - 2 * DAY, exact=False), 3 * DAY, None, None),
    ],
)
def test_older_and_younger(clock, seconds, older, younger):
    assert older_than(clock, seconds, NOW) is older
    assert younger_than(clock, seconds, NOW) is younger


moments = st.builds(Clock, st.none() | st.integers(-1, NOW + 10**6), st.booleans())


@given(moments, st.integers(0, NOW))
def test_older_and_younger_never_agree(clock, seconds):
    older, younger = older_than(clock, seconds, NOW), younger_than(clock, seconds, NOW)
    assert (older is None) == (younger is None)
    assert older is None or older != younger
    passed = age(clock, NOW)
    assert passed is None or passed >= 0


@given(moments, st.integers(0, NOW), st.integers(0, NOW))
def test_what_is_older_than_more_is_older_than_less(clock, one, other):
    if older_than(clock, max(one, other), NOW):
        assert older_than(clock, min(one, other), NOW)
