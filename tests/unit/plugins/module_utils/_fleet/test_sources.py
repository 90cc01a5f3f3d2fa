# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a file of `protect_from` stops deletion, and what it protects meanwhile (S3)."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.scan import Found
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.sources import (
    Reading,
    Source,
    judge_source,
    parse_sources,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import DAY, HOUR, MINUTE, NOW

PATH = "/srv/export.json"
SOURCE = Source(PATH)


def reading(count, source=SOURCE, age=0, start=0):
    names = tuple("registry.example.com/app:%03d" % number for number in range(start, start + count))
    return Reading(source, None, NOW - age, 10 * count, Found(references=names))


def entry(count):
    found, problem = judge_source(reading(count), None, NOW)
    assert problem is None
    return found


def test_a_source_that_is_there():
    found = entry(3)
    assert (found.count, found.size, found.read, found.modified) == (3, 30, NOW, NOW)
    assert len(found.references) == 3


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (Reading(SOURCE, "there is no such file"), "there is no such file. What it names may be in use"),
        (reading(10, age=26 * HOUR + 1), "it was written 26h ago, more than max_age (26h)"),
        (reading(10, Source(PATH, max_age=HOUR), age=2 * HOUR), "more than max_age (1h)"),
        (reading(10, age=-6 * MINUTE), "its time is 6m in the future"),
        (
            reading(4),
            "it names 4 images, less than half of the 10 when it was last read; if that is right, give for one run",
        ),
        (reading(0), "no image name was found in it"),
    ],
)
def test_a_source_that_stops_deletion_keeps_what_it_named(told, says):
    before = entry(10)
    after, problem = judge_source(told, before, NOW)
    assert problem.startswith("protect_from: %s: " % PATH)
    assert says in problem
    assert set(before.references) <= set(after.references)
    # The measure stays, so that the second short export is no better than the first.
    assert after.count == 10
    assert judge_source(told, after, NOW)[1] == problem


@pytest.mark.parametrize(
    "told",
    [
        reading(5),
        reading(20),
        reading(10, age=26 * HOUR),
        reading(10, age=-4 * MINUTE),
        reading(10, Source(PATH, max_age=0), age=900 * DAY),
        reading(1, Source(PATH, may_shrink=True)),
        reading(0, Source(PATH, may_shrink=True)),
    ],
)
def test_a_source_that_is_believed_replaces_what_it_named(told):
    after, problem = judge_source(told, entry(10), NOW)
    assert problem is None
    assert after.references == told.found.references
    assert after.count == told.found.count


def test_what_a_shrunken_source_names_now_is_protected_too():
    after, problem = judge_source(reading(2, start=500), entry(10), NOW)
    assert problem and len(after.references) == 12


def test_a_first_reading_that_is_not_believed_is_no_measure():
    after, problem = judge_source(reading(100, age=3 * DAY), None, NOW)
    assert problem and after.count == 0 and len(after.references) == 100
    assert judge_source(reading(3), after, NOW)[1] is None
    assert judge_source(Reading(SOURCE, "there is no such file"), None, NOW)[0] is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ()),
        ([], ()),
        (["/a", {"path": "/b"}], (Source("/a"), Source("/b"))),
        (
            [{"path": "/a", "max_age": "7d", "registry": "r.example.com:5000", "may_shrink": True}],
            (Source("/a", 7 * DAY, "r.example.com:5000", True),),
        ),
        ([{"path": "/a", "max_age": 0}], (Source("/a", 0),)),
    ],
)
def test_entries(value, wanted):
    assert parse_sources(value) == wanted


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("/a", "protect_from: '/a' is not a list"),
        ([7], r"protect_from\[0\]: 7 is neither a path nor a mapping"),
        ([""], r"protect_from\[0\]: '' is neither"),
        ([{"max_age": "1d"}], r"protect_from\[0\].path: None is not a path"),
        (["/b", {"path": "/a", "age": "1d"}], r"protect_from\[1\].age: no such field; there are path, max_age"),
        ([{"path": "/a", "max_age": 7}], r"protect_from\[0\].max_age: 7 has no unit"),
        ([{"path": "/a", "registry": "https://r"}], r"protect_from\[0\].registry: 'https://r' is not a registry"),
        ([{"path": "/a", "may_shrink": "yes"}], r"protect_from\[0\].may_shrink: 'yes' is neither true nor false"),
        (["/a", {"path": "/a"}], r"protect_from\[1\]: /a is listed twice"),
    ],
)
def test_entries_that_are_refused(value, says):
    with pytest.raises(PolicyError, match=says):
        parse_sources(value)
