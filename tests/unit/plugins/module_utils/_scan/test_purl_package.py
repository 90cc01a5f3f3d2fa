# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package URLs as scanners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl

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
