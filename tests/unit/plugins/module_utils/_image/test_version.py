# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions in tags: what is one, its parts, its line and its order."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version


@pytest.mark.parametrize(
    ("tag", "numbers", "prerelease", "variant", "build"),
    [
        ("1", (1,), None, "", ()),
        ("v1", (1,), None, "", ()),
        ("1.25", (1, 25), None, "", ()),
        ("1.25.3", (1, 25, 3), None, "", ()),
        ("v1.25.3", (1, 25, 3), None, "", ()),
        ("1.2.3.4.5.6", (1, 2, 3, 4, 5, 6), None, "", ()),
        ("2024.01.15", (2024, 1, 15), None, "", ()),
        ("20240115", (20240115,), None, "", ()),
        ("1.25-alpine", (1, 25), None, "alpine", ()),
        ("1.25-alpine3.20", (1, 25), None, "alpine3.20", ()),
        ("3.12-slim-bookworm", (3, 12), None, "slim-bookworm", ()),
        ("3.12_slim", (3, 12), None, "slim", ()),
        ("1.25-rc1", (1, 25), "rc1", "", ()),
        ("1.25.0-rc.1", (1, 25, 0), "rc.1", "", ()),
        ("1.25.0-rc.1.2", (1, 25, 0), "rc.1.2", "", ()),
        ("3.13.0rc1", (3, 13, 0), "rc1", "", ()),
        ("3.13.0rc1-alpine", (3, 13, 0), "rc1", "alpine", ()),
        ("9.0.0-preview.1-alpine3.19", (9, 0, 0), "preview.1", "alpine3.19", ()),
        ("1.0-alpha", (1, 0), "alpha", "", ()),
        ("1.0-beta2", (1, 0), "beta2", "", ()),
        ("1.0-snapshot", (1, 0), "snapshot", "", ()),
        ("1.0-nightly", (1, 0), "nightly", "", ()),
        ("22-ea", (22,), "ea", "", ()),
        ("1.2.3-42", (1, 2, 3), None, "", (42,)),
        ("1.2.3-20240115", (1, 2, 3), None, "", (20240115,)),
        ("1.2.3-alpine-42", (1, 2, 3), None, "alpine", (42,)),
        ("1.2.3-1a2b3c4", (1, 2, 3), None, "", ()),
        # Words that only look like a prerelease, or like a commit.
        ("1.0-develop", (1, 0), None, "develop", ()),
        ("1.0-previous", (1, 0), None, "previous", ()),
        ("1.0-defaced", (1, 0), None, "defaced", ()),
    ],
)
def test_tags_are_read_as_versions(tag, numbers, prerelease, variant, build):
    assert parse_version(tag) == Version(numbers, prerelease, variant, build)


@pytest.mark.parametrize(
    ("tag", "build"), [("1.2.3-g1a2b3c4", ()), ("1.2.3-5-g1a2b3c4", (5,)), ("v1.2.3-5-gdeadbee1", (5,))]
)
def test_a_commit_as_git_describe_writes_it_is_no_variant(tag, build):
    version = parse_version(tag)
    assert (version.numbers, version.variant, version.build) == ((1, 2, 3), "", build)


@pytest.mark.parametrize("tag", ["1.2.3-SNAPSHOT", "1.2.3-RC1", "1.2.3-Beta2"])
def test_prereleases_in_capitals_are_prereleases(tag):
    assert parse_version(tag).prerelease is not None


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "latest",
        "stable",
        "alpine",
        "v",
        "V1",
        "-1",
        ".1",
        "1.",
        "1..2",
        "1.2-",
        "1.2.",
        "1,2",
        "1.2.3.4.5.6.7",
        "main-42",
        "release-1.2",
        "1a2b3c4",
        "sha-1a2b3c4",
        "1 2",
        "1.2\n",
        "1" * 129,
    ],
    ids=repr,
)
def test_what_does_not_begin_with_a_version_is_none(tag):
    assert parse_version(tag) is None


@pytest.mark.parametrize(
    ("tag", "major", "minor"), [("1", 1, 0), ("1.25.3", 1, 25), ("2024.01.15", 2024, 1), ("20240115", 20240115, 0)]
)
def test_major_and_minor(tag, major, minor):
    assert (parse_version(tag).major, parse_version(tag).minor) == (major, minor)


@pytest.mark.parametrize(
    "tags",
    [
        # Semantic versioning 2.0.0, item 11, as far as tags write it.
        [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "2.0.0",
            "2.1.0",
            "2.1.1",
        ],
        ["1.9", "1.10", "1.11", "2.0", "10.0"],
        ["3.13.0rc1", "3.13.0rc2", "3.13.0rc10", "3.13.0"],
        ["2023.12.31", "2024.01.01", "2024.1.2", "2024.10.1"],
        ["2024-01-15", "2024-02-01", "2025-01-01"],
        ["1.2.3", "1.2.3-9", "1.2.3-10", "1.2.4"],
        ["20231231", "20240101", "20240101-1", "20240102"],
        ["1.2.3-snapshot", "1.2.3"],
    ],
    ids=lambda tags: "<".join(tags)[:40],
)
def test_versions_are_in_their_natural_order(tags):
    keys = [parse_version(tag).key for tag in tags]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("one", "other"), [("1.2", "1.2.0"), ("v1.2", "1.2"), ("01.2", "1.2"), ("1-rc1", "1.0-rc.1")])
def test_ways_to_write_the_same_version_are_equal(one, other):
    assert parse_version(one).key == parse_version(other).key


@given(st.text(max_size=20) | st.text(alphabet="0123456789.-_+vabcrgx", max_size=20))
def test_any_tag_is_a_version_with_a_key_or_none(tag):
    version = parse_version(tag)
    if version is not None:
        assert version.numbers
        assert isinstance(hash(version.key), int)


digits = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(tuple)
ends = st.sampled_from(["", "-rc1", "-rc2", "-beta", "-7", "-8"])


@given(st.lists(st.tuples(digits, ends), min_size=2, max_size=6))
def test_versions_of_one_line_are_totally_ordered(drawn):
    tags = [".".join(map(str, numbers)) + end for numbers, end in drawn]
    keys = [parse_version(tag).key for tag in tags]
    rank = {"-beta": 0, "-rc1": 1, "-rc2": 2, "": 3, "-7": 4, "-8": 5}
    naive = [(numbers + (0,) * (6 - len(numbers)), rank[end]) for numbers, end in drawn]
    by_key = sorted(range(len(tags)), key=lambda place: keys[place])
    by_hand = sorted(range(len(tags)), key=lambda place: naive[place])
    assert [naive[place] for place in by_key] == [naive[place] for place in by_hand]
