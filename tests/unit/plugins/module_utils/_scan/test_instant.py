# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments with zones."""

from __future__ import annotations

from datetime import datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import end_of, instant

NOON = 1798718400  # 2026-12-31T12:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-12-31T12:00:00Z", NOON),
        ("2026-12-31t12:00:00z", NOON),
        ("2026-12-31 12:00Z", NOON),
        ("2026-12-31T12:00:00.999999999Z", NOON),
        ("2027-01-01T02:00:00+14:00", NOON),
        ("2026-12-31T00:00:00-12:00", NOON),
        ("2026-12-31T00:00:00-1200", NOON),
        ("2026-12-31T17:30:00+05:30", NOON),
        ("2026-12-31T12:00:00+00:00", NOON),
        ("2016-12-31T23:59:60Z", 1483228799),
        ("0001-01-01T00:00:00+14:00", -62135596800 - 14 * 3600),
        ("9999-12-31T23:59:59-12:00", 253402300799 + 12 * 3600),
    ],
)
def test_instants(text, seconds):
    assert instant(text) == seconds


@pytest.mark.parametrize("text", ["2026-12-31T12:00:00", "2026-12-31 12:00"])
def test_a_time_without_a_zone_is_refused(text):
    with pytest.raises(ValueError, match="it has no zone, so it is another moment everywhere"):
        instant(text)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-12-31", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-12-31T24:00:00Z"]
    + ["2026-12-31T12:00:00+25:00", "2026-12-31T12:00:00+02:60", "20261231T120000Z", "2026-12-31T12:00:00 Z"]
    + ["２０２６-12-31T12:00:00Z", "2026-12-31T12:00:00Z\n"],
)
def test_no_instants(text):
    with pytest.raises(ValueError):
        instant(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01", 86400),
        ("2026-12-31", NOON + 12 * 3600),
        ("2028-02-29", 1835481600),
        ("2026-12-31T12:00:00Z", NOON),
        ("9999-12-31", 253402300800),
    ],
)
def test_a_day_is_over_when_the_next_begins_in_utc(text, seconds):
    assert end_of(text) == seconds


@pytest.mark.parametrize("text", ["2026-02-29", "2026-00-01", "31.12.2026", "2026-12-31Z", "2026-1-1"])
def test_no_days(text):
    with pytest.raises(ValueError):
        end_of(text)


@given(st.datetimes(), st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_as_the_standard_library_counts(local, minutes):
    text = "%sT%s%s%02d:%02d" % (
        local.strftime("%d" % local.year).zfill(4) + local.strftime("-%m-%d"),
        local.strftime("%H:%M:%S"),
        "-" if minutes < 0 else "+",
        abs(minutes) // 60,
        abs(minutes) % 60,
    )
    utc = local.replace(microsecond=0) - datetime(1970, 1, 1) - timedelta(minutes=minutes)
    assert instant(text) == utc.total_seconds()


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_value_error(text):
    try:
        assert isinstance(end_of(text), int)
    except ValueError as error:
        assert str(error)
