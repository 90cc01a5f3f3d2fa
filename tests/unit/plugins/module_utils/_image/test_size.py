# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes in bytes: GB is 10^9, GiB is 2^30."""

from __future__ import annotations

from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import UNITS, format_size, parse_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("0", 0),
        ("500", 500),
        (500, 500),
        ("1b", 1),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("500MB", 500 * 10**6),
        ("10GB", 10**10),
        ("10 gb", 10**10),
        ("5GiB", 5 * 2**30),
        ("5gib", 5 * 2**30),
        ("1.5GiB", 3 * 2**29),
        ("0.1GB", 10**8),
        ("2TB", 2 * 10**12),
        ("2TiB", 2 * 2**40),
        (" 7 MiB ", 7 * 2**20),
    ],
)
def test_sizes_are_read_in_bytes(value, size):
    assert parse_size(value) == size


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "GB",
        "lots",
        "-1",
        "-1GB",
        "1e9",
        "1,5GB",
        "1.GB",
        ".5GB",
        "10 G",
        "10GBs",
        "85%",
        "1 GB 2",
        None,
        True,
        False,
        [1],
        {},
    ],
    ids=repr,
)
def test_what_is_no_size_is_refused_with_its_value(value):
    with pytest.raises(PolicyError) as refusal:
        parse_size(value)
    assert str(refusal.value) == "%r is not a size; write for example 500MB, 10GB (10^9) or 5GiB (2^30)" % (value,)


@pytest.mark.parametrize("value", ["9" * 400, "9" * 400 + "TiB"], ids=["400-digits", "400-digits-TiB"])
def test_an_absurd_size_is_a_policy_error_too(value):
    with pytest.raises(PolicyError):
        parse_size(value)


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_value_is_a_size_or_a_policy_error(value):
    try:
        assert parse_size(value) >= 0
    except PolicyError as error:
        assert repr(value) in str(error)


@given(st.integers(0, 999), st.integers(0, 999), st.sampled_from(sorted(UNITS)))
def test_a_size_with_decimals_is_exact_to_the_byte(whole, thousandth, unit):
    text = "%d.%03d" % (whole, thousandth)
    assert abs(parse_size(text + unit) - int(Decimal(text) * UNITS[unit])) <= 1


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1_240_000_000, "1.24 GB"),
        (25 * 10**6, "25.00 MB"),
        (5 * 10**12, "5.00 TB"),
        (5 * 10**15, "5000.00 TB"),
        (-1500, "-1.50 kB"),
    ],
)
def test_sizes_are_shown_in_decimal_units(size, shown):
    assert format_size(size) == shown


@given(st.integers(0, 10**15))
def test_a_shown_size_can_be_read_again(size):
    shown = format_size(size)
    unit = UNITS[shown.split()[1].lower()]
    assert abs(parse_size(shown) - size) <= unit * 0.005 + 1
