# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dpkg's status files: what is installed, and the same said again."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.dpkg import (
    DebianPackage,
    parse_status,
    render_status,
)

STATUS = """Package: openssl
Status: install ok installed
Priority: optional
Maintainer: Somebody <nobody@example.com>
Architecture: amd64
Version: 3.0.11-1~deb12u2
Conffiles:
 /etc/ssl/openssl.cnf 6df5ac2f
Description: Secure Sockets Layer toolkit
 A line that looks like a field:
 Version: 1
 .

Package: libssl3
Status: hold ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u2

Package: bash
Status: install ok installed
Source: bash (5.2.15-2)
Version: 5.2.15-2+b7

Package: gone
Status: deinstall ok config-files
Version: 1

Package: never
Status: purge ok not-installed

Package: halfway
Status: install ok unpacked
Version: 2:1.0
"""


def test_what_is_installed():
    assert parse_status(STATUS, "status") == [
        DebianPackage("openssl", "3.0.11-1~deb12u2", "amd64"),
        DebianPackage("libssl3", "3.0.11-1~deb12u2", "amd64", "openssl"),
        DebianPackage("bash", "5.2.15-2+b7", "", "bash", "5.2.15-2"),
        DebianPackage("halfway", "2:1.0"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Package: a\nVersion: 1\n", "status: line 1: a package has no Status"),
        ("\n\nPackage: a\nStatus: install ok installed\n", "status: line 3: package a has no version"),
        ("Status: install ok installed\nVersion: 1\n", "status: line 1: '' is not the name of a package"),
        ("Package: a b\nStatus: install ok installed\nVersion: 1\n", "'a b' is not the name"),
        ("Package: a\nStatus: install ok installed\nVersion: 1 2\n", "no version that Debian could have"),
        ("Package: a\nStatus: install ok installed\nVersion: 1\nSource: b (\n", "names no source package"),
        ("Package: a\nnonsense\n", "status: line 2: 'nonsense' is no field"),
    ],
)
def test_what_cannot_be_understood_is_an_error_that_names_the_place(text, says):
    with pytest.raises(ContentError) as caught:
        parse_status(text, "status")
    assert says in str(caught.value)


def test_files_of_images_without_dpkg_tell_no_status():
    assert parse_status("Package: tzdata\nVersion: 2024a-0\n", "tzdata", assume_installed=True) == [
        DebianPackage("tzdata", "2024a-0")
    ]


names = st.from_regex(r"[a-z0-9][a-z0-9+.-]{0,20}", fullmatch=True)
versions = st.from_regex(r"([0-9]:)?[0-9][A-Za-z0-9.+~]{0,10}(-[A-Za-z0-9.+~]{1,5})?", fullmatch=True)
packages = st.builds(
    lambda name, version, architecture, source, source_version: DebianPackage(
        name, version, architecture, source or (name if source_version else None), source_version
    ),
    names,
    versions,
    st.sampled_from(["", "amd64", "all"]),
    st.none() | names,
    st.none() | versions,
)


@given(st.lists(packages, max_size=5))
def test_what_is_written_says_the_same(given_packages):
    assert parse_status(render_status(given_packages), "made") == list(dict.fromkeys(given_packages))


@given(st.text(st.sampled_from("Package: Status\n\tVersionSource()1.installed ok"), max_size=300))
def test_any_text_is_understood_or_refused(text):
    try:
        found = parse_status(text, "status")
    except ContentError as error:
        assert str(error).startswith("status: line ")
    else:
        assert all(one.name and one.version for one in found)
