# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files out of layers: what comes later counts, and whiteouts hide only what is below them."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.overlay import (
    FILE,
    FOLDER,
    LINK,
    OTHER,
    Entry,
    Wanted,
    content,
    listed,
    normal,
    overlay,
)

STATUS = "var/lib/dpkg/status"


def file(path, data=b"data"):
    return Entry(path, FILE, data)


def white(path):
    folder, _slash, name = path.rpartition("/")
    return Entry("%s/.wh.%s" % (folder, name) if folder else ".wh." + name, FILE)


def opaque(folder):
    return Entry(folder + "/.wh..wh..opq", FILE)


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([[file(STATUS, b"1")], [file(STATUS, b"2")]], b"2"),
        ([[file(STATUS)], [white(STATUS)]], None),
        ([[file(STATUS)], [white("var/lib/dpkg")]], None),
        ([[file(STATUS)], [white("var")]], None),
        ([[file(STATUS)], [opaque("var/lib/dpkg")]], None),
        ([[file(STATUS)], [opaque("var")]], None),
        ([[file(STATUS)], [opaque("var/lib/dpkg/info")]], b"data"),
        ([[file(STATUS)], [white("var/lib/dpk")]], b"data"),
        # Whiteouts never hide what stands in the same layer, before or after them.
        ([[file(STATUS, b"1")], [file(STATUS, b"2"), opaque("var/lib/dpkg")]], b"2"),
        ([[file(STATUS, b"1")], [opaque("var/lib/dpkg"), file(STATUS, b"2")]], b"2"),
        ([[file(STATUS, b"1")], [white("var/lib/dpkg"), file(STATUS, b"2")]], b"2"),
        ([[file(STATUS)], [white(STATUS)], [file(STATUS, b"3")]], b"3"),
        # What is put in the place of a folder hides what was in it.
        ([[file(STATUS)], [Entry("var/lib/dpkg", LINK, target="/elsewhere")]], None),
        ([[file(STATUS)], [Entry("var/lib/dpkg", FILE)]], None),
        ([[file(STATUS)], [Entry("var/lib/dpkg", FOLDER)]], b"data"),
        ([[file(STATUS)], [Entry(STATUS, OTHER)]], None),
        ([], None),
    ],
)
def test_what_is_there_in_the_end(layers, found):
    assert content(overlay(layers), STATUS) == found


def test_links_lead_to_files_and_never_out_or_in_circles():
    layers = [
        [
            file("usr/lib/os-release", b"ID=debian"),
            Entry("etc/os-release", LINK, target="../usr/lib/os-release"),
            Entry("a", LINK, target="/../../usr/lib/os-release"),
            Entry("b", LINK, target="c"),
            Entry("c", LINK, target="b"),
            Entry("d", LINK, target="/nothing"),
        ]
    ]
    found = overlay(layers)
    assert content(found, "etc/os-release") == content(found, "a") == b"ID=debian"
    assert content(found, "b") is content(found, "d") is None


@pytest.mark.parametrize("name", ["./etc/x", "/etc/x", "etc//x", "../../etc/x", "etc/./y/../x"])
def test_names_are_written_in_one_way(name):
    assert normal(name) == "etc/x"


def test_what_concerns_is_what_can_change_it():
    wanted = Wanted((STATUS,), ("var/lib/dpkg/status.d",))
    yes = [STATUS, "var", "var/lib/dpkg/.wh.status", "var/.wh.lib", ".wh..wh..opq", "var/lib/dpkg/.wh..wh..opq"]
    yes += ["var/lib/dpkg/status.d/tzdata", "var/lib/dpkg/status.d/.wh.tzdata", "var/lib/dpkg/status.d"]
    no = [
        "var/lib/dpkg/status-old",
        "etc",
        "var/lib/.wh.other",
        "usr/.wh..wh..opq",
        "var/lib/dpkg/status.d/a/b",
        "vari",
    ]
    assert [path for path in yes if not wanted.concerns(path)] == []
    assert [path for path in no if wanted.concerns(path)] == []
    assert wanted.holds(STATUS) and wanted.holds("var/lib/dpkg/status.d/tzdata") and not wanted.holds("var")


# A file system as a kernel would mount it, in the simplest words ------------------------------------------------------

PATHS = ["a", "a/b", "a/b/c", "a/d", "e"]
steps = st.lists(
    st.lists(st.tuples(st.sampled_from(["file", "folder", "white", "opaque"]), st.sampled_from(PATHS)), max_size=4),
    max_size=4,
)


def below(path, other):
    return other == path or other.startswith(path + "/")


@given(steps)
def test_as_a_file_system_made_step_by_step(layers):
    truth = {}
    made = []
    for number, layer in enumerate(layers):
        entries, later = [], {}
        for kind, path in layer:
            if kind == "white":
                entries.append(white(path))
                truth = {one: data for one, data in truth.items() if not below(path, one)}
            elif kind == "opaque":
                entries.append(opaque(path))
                truth = {one: data for one, data in truth.items() if one == path or not below(path, one)}
            elif path not in later and not any(below(one, path) or below(path, one) for one in later):
                later[path] = b"%d" % number if kind == "file" else None
        for path, data in later.items():
            entries.append(Entry(path, FILE, data) if data is not None else Entry(path, FOLDER))
            if data is not None:
                truth = {one: old for one, old in truth.items() if not below(path, one)}
                truth[path] = data
            else:
                # A folder takes the place of a file, and leaves a folder with all that is in it alone.
                truth.pop(path, None)
        # A file that stands where a folder is needed now.
        for path in later:
            parents = [path[:at] for at, letter in enumerate(path) if letter == "/"]
            truth = {one: data for one, data in truth.items() if one not in parents}
            entries = [Entry(parent, FOLDER) for parent in parents] + entries
        made.append(entries)
    found = overlay(made)
    assert {path: content(found, path) for path in PATHS if content(found, path) is not None} == truth
    assert listed(found, "a") == sorted(one for one in truth if one in ("a/b", "a/d"))
