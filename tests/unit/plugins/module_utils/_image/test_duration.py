# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations: what is accepted, what is refused with which words, and how they are shown."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import (
    MAX_SECONDS,
    UNITS,
    format_duration,
    parse_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("90m", 5400),
        ("24h", 86400),
        ("1h30m", 5400),
        ("14d", 14 * 86400),
        ("6w", 6 * 604800),
        ("1w2d3h4m5s", 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("  7d ", 7 * 86400),
        ("0", 0),
        (0, 0),
        ("0d", 0),
        ("36500d", MAX_SECONDS),
    ],
)
def test_durations_are_read_in_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("14", "14 has no unit; write 14d (units: s m h d w)"),
        (14, "14 has no unit; write 14d"),
        ("00", "00 has no unit"),
        ("", "'' is not a duration; write for example 90m, 24h, 1h30m, 14d or 6w"),
        ("soon", "'soon' is not a duration"),
        ("d", "'d' is not a duration"),
        ("14 d", "'14 d' is not a duration"),
        ("-1d", "'-1d' is not a duration"),
        ("1.5h", "'1.5h' is not a duration"),
        ("1y", "'1y' is not a duration"),
        ("1D", "'1D' is not a duration"),
        ("1h30", "'1h30' is not a duration"),
        (1.5, "1.5 is not a duration"),
        (-1, "-1 is not a duration"),
        (None, "None is not a duration"),
        (True, "True is not a duration"),
        (False, "False is not a duration"),
        ([1], "[1] is not a duration"),
        ({"days": 1}, "{'days': 1} is not a duration"),
        ("1h1h", "'1h1h' names a unit twice"),
        ("36501d", "'36501d' is more than 100 years"),
        ("9" * 50 + "w", "is more than 100 years"),
    ],
)
def test_what_is_no_duration_is_refused_with_its_value(value, words):
    with pytest.raises(PolicyError) as refusal:
        parse_duration(value)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "value", ["\u00b2", "\u00b2d", "9" * 5000 + "d"], ids=["superscript", "superscript-day", "5000-digits"]
)
def test_odd_digits_in_a_duration_are_a_policy_error_too(value):
    with pytest.raises(PolicyError):
        parse_duration(value)


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_value_is_a_duration_or_a_policy_error(value):
    try:
        assert 0 <= parse_duration(value) <= MAX_SECONDS
    except PolicyError as error:
        assert str(error)


@given(st.dictionaries(st.sampled_from(sorted(UNITS)), st.integers(0, 500)).filter(bool))
def test_a_duration_is_the_sum_of_its_parts_in_any_order(parts):
    text = "".join("%d%s" % (number, unit) for unit, number in parts.items())
    assert parse_duration(text) == sum(number * UNITS[unit] for unit, number in parts.items())


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (5400, "1h30m"),
        (86400, "24h"),
        (2 * 86400 - 1, "47h59m"),
        (2 * 86400, "2d"),
        (3700000, "42d"),
        (-5400, "-1h30m"),
    ],
)
def test_durations_are_shown_rounded_down(seconds, shown):
    assert format_duration(seconds) == shown


@given(st.integers(1, MAX_SECONDS))
def test_a_shown_duration_can_be_read_again_and_never_exceeds_the_real_one(seconds):
    again = parse_duration(format_duration(seconds))
    unit = 86400 if seconds >= 2 * 86400 else 60 if seconds >= 60 else 1
    assert again <= seconds < again + unit
