# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our entries among those of others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import (
    INSECURE,
    MIRRORS,
    OurList,
    OurPart,
    both,
    merge,
)

PATH = "/etc/docker/daemon.json"
NOTHING = OurPart()
HOSTS = st.sampled_from(["https://%s.example.com" % name for name in "abcdefgh"])
LISTS = st.lists(HOSTS, max_size=4, unique=True)
FOREIGN = st.fixed_dictionaries(
    {},
    optional={
        "debug": st.booleans(),
        MIRRORS: LISTS,
        "labels": st.lists(st.text(max_size=5)),
        INSECURE: LISTS,
        "x": st.floats(allow_nan=False, allow_infinity=False),
    },
)
LAYOUTS = st.sampled_from([None, 2, 4, "\t"])


def wanted(*mirrors, insecure=()):
    return {MIRRORS: mirrors, INSECURE: insecure}


@given(FOREIGN, LAYOUTS, LISTS, LISTS, LISTS)
def test_foreign_content_survives_anything_and_absent_gives_the_document_back(document, indent, first, second, hosts):
    data = json.dumps(document, indent=indent).encode()
    part = NOTHING
    now = data
    for mirrors in (first, second, first):
        merged = merge(PATH, now, wanted(*mirrors, insecure=hosts), part)
        after = json.loads(merged.data)
        for key, value in document.items():
            if key in (MIRRORS, INSECURE):
                assert [entry for entry in after[key] if entry in value] == value
            else:
                assert after[key] == value
        assert [key for key in after if key in document] == list(document)
        assert set(after.get(MIRRORS, [])) == set(mirrors) | set(document.get(MIRRORS, []))
        again = merge(PATH, merged.data, wanted(*mirrors, insecure=hosts), merged.part)
        assert (again.data, again.part, again.emptied) == (merged.data, merged.part, None), (
            "a second run changes something"
        )
        now, part = merged.data, merged.part
    gone = merge(PATH, now, wanted(), part)
    assert json.loads(gone.data) == document and list(json.loads(gone.data)) == list(document)
    assert gone.part == NOTHING


@given(FOREIGN.filter(lambda one: MIRRORS not in one and INSECURE not in one and one), LAYOUTS, LISTS, LISTS)
def test_without_lists_of_others_every_byte_comes_back(document, indent, mirrors, hosts):
    data = json.dumps(document, indent=indent).encode() + b"\n"
    merged = merge(PATH, data, wanted(*mirrors, insecure=hosts), NOTHING)
    assert merge(PATH, merged.data, wanted(), merged.part).data == data


@pytest.mark.parametrize("data", [None, b"", b" \n", b"{}", b"{}\n"])
def test_a_file_that_was_not_there_or_empty(data):
    merged = merge(PATH, data, wanted("https://a"), NOTHING)
    assert json.loads(merged.data) == {MIRRORS: ["https://a"]}
    assert merge(PATH, merged.data, wanted(), merged.part).data == data
    assert merge(PATH, data, wanted(), NOTHING).data == data


def test_a_list_that_goes_is_emptied_for_the_reload():
    merged = merge(PATH, b'{"debug": true}', wanted("https://a", insecure=["h:1"]), NOTHING)
    assert merged.emptied is None
    gone = merge(PATH, merged.data, wanted(), merged.part)
    assert json.loads(gone.data) == {"debug": True}
    assert json.loads(gone.emptied) == {"debug": True, MIRRORS: [], INSECURE: []}


def test_a_file_that_goes_is_emptied_for_the_reload_too():
    merged = merge(PATH, None, wanted("https://a"), NOTHING)
    gone = merge(PATH, merged.data, wanted(), merged.part)
    assert gone.data is None and json.loads(gone.emptied) == {MIRRORS: []}


def test_an_empty_list_of_others_stays_one():
    data = b'{"registry-mirrors": []}'
    merged = merge(PATH, data, wanted("https://a"), NOTHING)
    gone = merge(PATH, merged.data, wanted(), merged.part)
    assert (gone.data, gone.emptied) == (data, None)


def test_what_others_wrote_is_theirs_also_when_it_is_wanted():
    data = b'{"registry-mirrors": ["https://a/"]}'
    merged = merge(PATH, data, wanted("https://A", "https://b"), NOTHING)
    assert merged.values[MIRRORS] == ("https://b", "https://a/")
    assert merged.mine(MIRRORS) == ("https://b",)
    assert merge(PATH, merged.data, wanted(), merged.part).data == data


def test_what_others_add_to_our_list_keeps_it():
    merged = merge(PATH, b"{}", wanted("https://a"), NOTHING)
    theirs = json.loads(merged.data)
    theirs[MIRRORS].append("https://theirs")
    gone = merge(PATH, json.dumps(theirs).encode(), wanted(), merged.part)
    assert json.loads(gone.data) == {MIRRORS: ["https://theirs"]}


@pytest.mark.parametrize("value", ['"https://a"', "[1]", "null", "{}"])
def test_a_list_that_is_none(value):
    with pytest.raises(StateError) as error:
        merge(PATH, b'{"insecure-registries": %s}' % value.encode(), wanted(), NOTHING)
    assert PATH in str(error.value) and "insecure-registries" in str(error.value)


def test_a_run_that_was_killed_on_its_way_leaves_only_ours():
    """Whether or not the file was written, what is remembered then covers it."""
    first = merge(PATH, b'{"debug": true}', wanted("https://a"), NOTHING)
    second = merge(PATH, first.data, wanted("https://b"), first.part)
    part = both(first.part, second.part)
    assert part.lists[MIRRORS] == OurList(("https://a", "https://b"), True)
    for data in (first.data, second.data):
        assert merge(PATH, data, wanted(), part).data == b'{"debug": true}'
