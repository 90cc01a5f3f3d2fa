# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<<<<<<< HEAD
"""Package URLs as scanners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import Purl, parse_purl

DEBIAN = "?os_distro=bookworm&os_name=debian&os_version=12"


@pytest.mark.parametrize(
    ("text", "package", "version"),
    [
        ("pkg:deb/debian/openssl@3.0.11-1~deb12u2" + DEBIAN, "openssl", "3.0.11-1~deb12u2"),
        ("pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64", "libstdc++6", "12.2.0-14+b1"),
        ("pkg:deb/debian/libstdc++6@12.2.0-14+b1", "libstdc++6", "12.2.0-14+b1"),
        ("pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1", "zlib1g", "1:1.2.13.dfsg-1"),
        ("pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&epoch=1", "openssl-libs", "3.0.7-27.el9"),
        ("pkg:apk/alpine/busybox@1.36.1-r5?distro=3.19.1", "busybox", "1.36.1-r5"),
        ("pkg:alpine/libcurl@7.67.0-r3", "libcurl", "7.67.0-r3"),
        ("pkg:npm/%40nestjs/common@10.4.22", "@nestjs/common", "10.4.22"),
        ("pkg:npm/@nestjs/common@10.4.22", "@nestjs/common", "10.4.22"),
        ("pkg:npm/@nestjs/common", "@nestjs/common", None),
        ("pkg:npm/left", "left", None),
        ("pkg:npm/left@", "left", None),
        ("pkg:maven/org.apache.commons/commons-text@1.9", "org.apache.commons:commons-text", "1.9"),
        ("pkg:golang/example.com/lib/text@v0.3.6#pkg/inner", "example.com/lib/text", "v0.3.6"),
        ("pkg:golang/stdlib@1.22.1", "stdlib", "1.22.1"),
        ("pkg:pypi/requests@2.32.3?vcs_url=git%2Bhttps://example.com/a@b", "requests", "2.32.3"),
        ("pkg://pypi/requests@2.32.3", "requests", "2.32.3"),
        ("PKG:PyPI/requests@2.32.3", "requests", "2.32.3"),
        ("pkg:composer/vendor/name@1.0", "vendor/name", "1.0"),
    ],
)
def test_name_and_version_are_decoded(text: str, package: str, version: str) -> None:
    purl = parse_purl(text)
    assert purl is not None
    assert (purl.package, purl.version) == (package, version)


def test_all_parts() -> None:
    assert parse_purl("pkg:GOLANG/a.example/b%2Fc/d@1%2B2?Arch=x%26y&empty=&distro=d#/s/%74/") == Purl(
        type="golang",
        namespace="a.example/b/c",
        name="d",
        version="1+2",
        qualifiers={"arch": "x&y", "distro": "d"},
        subpath="s/t",
    )


@pytest.mark.parametrize(
    "text",
    ["", "openssl", "pkg:", "pkg:deb", "pkg:deb/", "pkg:deb/?a=b", "purl:deb/a@1", "http://example.com/a@1", "pkg:/a"],
)
def test_what_is_none_is_none(text: str) -> None:
    assert parse_purl(text) is None


@given(st.text(max_size=60) | st.text(alphabet="pkg:/@%2B?#&=", max_size=30).map(lambda text: "pkg:" + text))
def test_any_text_is_a_url_with_a_name_or_none(text: str) -> None:
    purl = parse_purl(text)
    assert purl is None or (purl.type and purl.name and purl.package)
=======
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
>>>>>>> dc015ab611cb55d6e817fdc232e2b8e8685c0f78
