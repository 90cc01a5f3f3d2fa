# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an image is built, and what is said about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._build.decide import BUILD, KEEP, TAG, decide
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import (
    Inputs,
    differences,
    parse_inputs,
)

NOW = Inputs({"context": "c1", "dockerfile": "d1"}, {"debian:12": "sha256:b"})
OLD = Inputs({"context": "c1", "dockerfile": "d1"}, {"debian:12": "sha256:a"})
ONE, TWO = ("sha256:1", NOW), ("sha256:2", OLD)
texts = st.dictionaries(st.text(min_size=1), st.text())


def test_nothing_there():
    assert decide(NOW, {"1": None}, False).reason == "there is no such image yet"


def test_all_tags_mean_it():
    found = decide(NOW, {"1": ONE, "latest": ONE}, False)
    assert (found.action, found.digest) == (KEEP, "sha256:1")


def test_some_tags_do_not_mean_it():
    found = decide(NOW, {"1": TWO, "latest": ONE, "2": None}, False)
    assert (found.action, found.digest, found.tags) == (TAG, "sha256:1", ("1", "2"))
    assert found.reason.endswith("but 1, 2 do not mean it yet")


def test_a_base_moved():
    found = decide(NOW, {"1": TWO}, False)
    assert (found.action, found.reason) == (BUILD, "base debian:12 moved from sha256:a to sha256:b")


def test_no_record():
    assert (
        decide(NOW, {"1": ("sha256:3", None)}, False).reason
        == "the image there has no record of what it was built from"
    )


def test_always():
    assert decide(NOW, {"1": ONE}, True).action == BUILD


@pytest.mark.parametrize(
    "label", [None, "", "{", "[]", '{"v":2,"parts":{},"bases":{}}', '{"v":1,"parts":[],"bases":{}}', '"x"']
)
def test_what_is_no_record_of_ours(label):
    assert parse_inputs(label) is None


@given(texts, texts)
def test_a_record_is_read_as_it_was_written(parts, bases):
    inputs = Inputs(parts, bases)
    assert parse_inputs(inputs.as_label()) == inputs


@given(texts, texts, texts, texts)
def test_whatever_differs_is_told_and_changes_the_digest(parts, bases, other_parts, other_bases):
    one, other = Inputs(parts, bases), Inputs(other_parts, other_bases)
    assert (one == other) == (differences(one, other) == []) == (one.digest == other.digest)


def test_all_kinds_of_differences():
    before = Inputs({"context": "1", "dockerfile": "1", "target": "a"}, {"gone:1": "x", "same:1": "x"})
    after = Inputs({"context": "2", "dockerfile": "2", "build_args": "b"}, {"new:1": "y", "same:1": "x"})
    assert differences(before, after) == [
        "base gone:1 is used no more",
        "base new:1 is new",
        "build_args changed",
        "the files of the context changed",
        "the Dockerfile changed",
        "target changed",
    ]
