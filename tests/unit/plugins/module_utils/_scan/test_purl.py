# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package URLs as scanners and authors write them."""

from __future__ import annotations

from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import Purl, forms, parse_purl


@pytest.mark.parametrize(
    ("text", "purl"),
    [
        (
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12",
            Purl("deb", "debian", "libstdc++6", "12.2.0-14", (("arch", "amd64"), ("distro", "debian-12"))),
        ),
        ("pkg:npm/%40angular/core@17.0.0", Purl("npm", "@angular", "core", "17.0.0")),
        ("pkg:npm/@angular/core", Purl("npm", "@angular", "core")),
        ("pkg:npm/@angular/core@17", Purl("npm", "@angular", "core", "17")),
        ("pkg:NPM/lodash@4", Purl("npm", "", "lodash", "4")),
        (
            "pkg:golang/github.com/Azure/go-autorest@v1#autorest/adal",
            Purl("golang", "github.com/Azure", "go-autorest", "v1", (), "autorest/adal"),
        ),
        ("pkg:pypi/Foo_Bar@1", Purl("pypi", "", "foo-bar", "1")),
        (
            "pkg:oci/debian@sha256%3A244f?repository_url=docker.io%2Flibrary%2Fdebian&tag=",
            Purl("oci", "", "debian", "sha256:244f", (("repository_url", "docker.io/library/debian"),)),
        ),
        ("pkg:docker/team/app@sha256:244f", Purl("docker", "team", "app", "sha256:244f")),
        ("pkg://deb/debian/openssl@", Purl("deb", "debian", "openssl")),
        ("pkg:deb/debian/dbus@1%3A1.2", Purl("deb", "debian", "dbus", "1:1.2")),
    ],
)
def test_purls(text, purl):
    assert parse_purl(text) == purl


@pytest.mark.parametrize(
    "text", ["", "openssl", "pkg:", "pkg:deb", "pkg:deb/", "https://example.com/pkg:deb/x", "cpe:2.3:a"]
)
def test_no_purls(text):
    assert parse_purl(text) is None
    assert forms(text) == ()


@pytest.mark.parametrize(
    ("wide", "narrow", "included"),
    [
        ("pkg:deb/debian/openssl", "pkg:deb/debian/openssl@3.0.1?arch=amd64", True),
        ("pkg:deb/debian/openssl@3.0.1", "pkg:deb/debian/openssl@3.0.1?arch=amd64", True),
        ("pkg:deb/debian/openssl@3.0.2", "pkg:deb/debian/openssl@3.0.1", False),
        ("pkg:deb/debian/openssl@3.0.1", "pkg:deb/debian/openssl", False),
        ("pkg:deb/debian/openssl?arch=amd64", "pkg:deb/debian/openssl@3?arch=amd64&distro=bookworm", True),
        ("pkg:deb/debian/openssl?arch=arm64", "pkg:deb/debian/openssl@3?arch=amd64", False),
        ("pkg:deb/debian/openssl?arch=arm64", "pkg:deb/debian/openssl@3", False),
        ("pkg:deb/ubuntu/openssl", "pkg:deb/debian/openssl", False),
        ("pkg:apk/debian/openssl", "pkg:deb/debian/openssl", False),
        ("pkg:golang/example.com/m#a", "pkg:golang/example.com/m", False),
        ("pkg:golang/example.com/m", "pkg:golang/example.com/m#a", True),
    ],
)
def test_what_is_left_open_may_be_anything(wide, narrow, included):
    assert parse_purl(wide).includes(parse_purl(narrow)) is included


PART = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/"), min_size=1, max_size=8)


@given(PART, PART, PART, st.text(st.characters(blacklist_categories=["Cs"]), max_size=8))
def test_what_is_encoded_is_found_decoded(namespace, name, version, value):
    text = "pkg:generic/%s/%s@%s?key=%s" % tuple(quote(one, safe="") for one in (namespace, name, version, value))
    pairs = (("key", value),) if value else ()
    assert parse_purl(text) == Purl("generic", namespace, name, version, pairs)
    assert parse_purl(text).includes(parse_purl(text))


@given(st.text(max_size=40).map(lambda text: "pkg:" + text))
def test_any_text_is_a_purl_or_none(text):
    found = parse_purl(text)
    assert found is None or (found.type and found.name)
    assert bool(forms(text)) is (found is not None)
