# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watermarks: what is accepted, and what they ask for."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.limits import parse_count, parse_limit
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import (
    FileSystem,
    measure_need,
    parse_pressure,
)

DISK = FileSystem("/var/lib/docker", size=1000, used=900, free=100, inodes=500, inodes_used=450)


@pytest.mark.parametrize(
    ("raw", "bytes_needed", "relief", "inodes"),
    [
        ({"high_watermark": "95%", "low_watermark": "80%"}, 0, 0, 0),
        ({"high_watermark": "85%", "low_watermark": "80%"}, 100, 50, 0),
        ({"high_watermark": "85%"}, 50, 50, 0),
        ({"high_watermark": "90%"}, 0, 0, 0),
        ({"high_watermark": 899, "low_watermark": 500}, 400, 1, 0),
        ({"min_free": "15%"}, 50, 50, 0),
        ({"min_free": 100}, 0, 0, 0),
        ({"min_free": "15%", "high_watermark": "85%", "low_watermark": "80%"}, 100, 50, 0),
        ({"high_watermark": "80% inodes", "low_watermark": "70% inodes"}, 0, 0, 100),
        ({"high_watermark": "400 inodes"}, 0, 0, 50),
        ({"min_free": "60 inodes"}, 0, 0, 10),
    ],
)
def test_need(raw, bytes_needed, relief, inodes):
    need = measure_need(parse_pressure(raw), DISK)
    assert (need.bytes, need.relief, need.inodes) == (bytes_needed, relief, inodes)
    assert need.pressing == bool(bytes_needed or inodes)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"high": "85%"}, "pressure.high: no such field; it has high_watermark, low_watermark, min_free"),
        ({"high_watermark": "101%"}, "pressure.high_watermark: 101% is more than 100%"),
        ({"high_watermark": "lots"}, "pressure.high_watermark: 'lots' is not a watermark"),
        ({"high_watermark": True}, "pressure.high_watermark: True is not a watermark"),
        ({"high_watermark": "many inodes"}, "pressure.high_watermark: 'many inodes' is not a number of inodes"),
        ({"low_watermark": "80%"}, "needs high_watermark"),
        ({"high_watermark": "80%", "low_watermark": "90%"}, "is above high_watermark"),
        ({"high_watermark": "80%", "low_watermark": "70% inodes"}, "measure different things"),
    ],
)
def test_what_is_no_watermark_is_refused_with_its_field_and_value(raw, words):
    with pytest.raises(PolicyError) as refusal:
        parse_pressure(raw)
    assert words in str(refusal.value)


@pytest.mark.parametrize("raw", [None, {}, {"high_watermark": None, "low_watermark": "", "min_free": None}])
def test_nothing_set_is_no_pressure(raw):
    assert parse_pressure(raw) is None


@pytest.mark.parametrize(
    ("value", "count", "total", "figure"),
    [
        ("10%", 10, 100, None),
        ("10%", 11, 100, "11 of 100 (11.0%)"),
        (5, 5, 10, None),
        ("5", 6, 10, "6 of 10"),
        ("10%", 0, 0, None),
    ],
)
def test_limit(value, count, total, figure):
    assert parse_limit("refuse_above", value).exceeded(count, total) == figure


@pytest.mark.parametrize("value", ["-1", "ten", True, "101%", "%", [5]])
def test_what_is_no_limit_is_refused(value):
    with pytest.raises(PolicyError, match="refuse_above"):
        parse_limit("refuse_above", value)


@pytest.mark.parametrize("value", ["-1", "x", True, 0, 1.5])
def test_what_is_no_count_is_refused(value):
    with pytest.raises(PolicyError, match="max_deletions"):
        parse_count("max_deletions", value)
