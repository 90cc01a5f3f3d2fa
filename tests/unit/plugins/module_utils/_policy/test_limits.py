# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake on a whole run: what is accepted, refused and exceeded."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.limits import Limit, parse_count, parse_limit


@pytest.mark.parametrize(
    ("value", "amount", "share"),
    [
        (50, 50, False),
        ("50", 50, False),
        (" 50 ", 50, False),
        ("0", 0, False),
        (0, 0, False),
        ("10%", 10, True),
        ("2.5 %", 2.5, True),
        ("0%", 0, True),
        ("100%", 100, True),
    ],
)
def test_limits_are_numbers_or_shares(value, amount, share):
    limit = parse_limit("refuse_above", value)
    assert limit == Limit(amount, share, str(value).strip())


@pytest.mark.parametrize("value", [None, ""])
def test_no_limit_and_no_count(value):
    assert parse_limit("refuse_above", value) is None
    assert parse_count("max_deletions", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "-1",
        -1,
        1.5,
        "1.5",
        "ten",
        "%",
        ".%",
        "-5%",
        "101%",
        "1.2.3%",
        "10%%",
        "% 10",
        "10 percent",
        True,
        False,
        [5],
        {},
        " ",
    ],
    ids=repr,
)
def test_a_limit_that_is_none_is_refused_with_option_and_value(value):
    with pytest.raises(PolicyError) as refusal:
        parse_limit("refuse_above", value)
    assert str(
        refusal.value
    ) == "refuse_above: %r is neither a number of references (50) nor a share of them (10%%)" % (value,)


@pytest.mark.parametrize("value", [0, "0", -1, "-1", 1.5, "1.5", "x", " ", True, False, [1], {}, "1 2"], ids=repr)
def test_a_count_that_is_none_is_refused_with_option_and_value(value):
    with pytest.raises(PolicyError) as refusal:
        parse_count("max_deletions", value)
    assert str(refusal.value) == "max_deletions: %r is not a whole number from 1 on" % (value,)


@pytest.mark.parametrize(
    "value", ["\u00b2", "\u00b2%", "9" * 5000], ids=["superscript", "superscript-share", "5000-digits"]
)
@pytest.mark.parametrize("parse", [parse_limit, parse_count])
def test_odd_digits_in_a_limit_are_read_or_a_policy_error(parse, value):
    try:
        parse("option", value)
    except PolicyError as error:
        assert str(error).startswith("option: ")


@pytest.mark.parametrize(("value", "count"), [(1, 1), ("1", 1), (" 50 ", 50)])
def test_counts_from_one_on_are_read(value, count):
    assert parse_count("max_deletions", value) == count


@pytest.mark.parametrize(
    ("value", "count", "total", "figure"),
    [
        (0, 0, 10, None),
        (0, 1, 10, "1 of 10"),
        (50, 50, 60, None),
        (50, 51, 60, "51 of 60"),
        ("0%", 1, 1000, "1 of 1000 (0.1%)"),
        ("0%", 0, 0, None),
        ("2.5%", 25, 1000, None),
        ("2.5%", 26, 1000, "26 of 1000 (2.6%)"),
        ("100%", 10, 10, None),
    ],
)
def test_the_figure_is_shown_when_the_limit_is_exceeded(value, count, total, figure):
    assert parse_limit("refuse_above", value).exceeded(count, total) == figure


@given(st.integers(0, 100), st.integers(1, 500), st.data())
def test_a_share_is_exact(percent, total, data):
    count = data.draw(st.integers(0, total))
    exceeded = parse_limit("refuse_above", "%d%%" % percent).exceeded(count, total)
    assert (exceeded is not None) == (100 * count > percent * total)
