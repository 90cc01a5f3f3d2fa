# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages out of bills of materials of three forms."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.bill import read_bill
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.dpkg import DebianPackage

PURLS = [
    "pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2",
    "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
    "pkg:deb/debian/login@1%3A4.13%2Bdfsg1-1?arch=amd64&distro=debian-12",
    "pkg:golang/stdlib@1.22",
]
PACKAGES = (
    DebianPackage("bash", "5.2.15-2+b7", "amd64", "bash", "5.2.15-2"),
    DebianPackage("libssl3", "3.0.11-1~deb12u2", "amd64", "openssl"),
    DebianPackage("login", "1:4.13+dfsg1-1", "amd64"),
)


def spdx(purls):
    packages = [
        {
            "name": "p",
            "externalRefs": [
                {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"},
                {"referenceType": "purl", "referenceLocator": purl},
            ],
        }
        for purl in purls
    ]
    return {"spdxVersion": "SPDX-2.3", "packages": [{"name": "image"}, *packages]}


def cyclonedx(purls):
    system = {
        "type": "operating-system",
        "name": "debian",
        "version": "12",
        "properties": [{"name": "syft:distro:versionCodename", "value": "bookworm"}],
    }
    nested = {"type": "application", "name": "all", "components": [{"purl": purl} for purl in purls[1:]]}
    return {"bomFormat": "CycloneDX", "components": [{"purl": purls[0]}, nested, system]}


def syft(purls):
    distribution = {"id": "debian", "versionID": "12", "versionCodename": "bookworm", "prettyName": "Debian 12"}
    return {"artifacts": [{"name": "p", "purl": purl} for purl in purls], "distro": distribution}


def in_toto(purls):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://spdx.dev/Document",
        "predicate": spdx(purls),
    }


@pytest.mark.parametrize("form", [spdx, cyclonedx, syft, in_toto])
def test_every_form_tells_the_same(form):
    bill = read_bill(json.dumps(form([*PURLS, PURLS[0]])), "bill.json")
    assert bill.packages == PACKAGES
    assert bill.total == 5
    assert (bill.release["ID"], bill.release.get("VERSION_ID") or bill.release["VERSION_CODENAME"]) == ("debian", "12")


def test_packages_of_two_systems_have_no_release():
    other = "pkg:deb/ubuntu/bash@5?distro=ubuntu-24.04"
    assert read_bill(json.dumps(spdx([PURLS[0], other])), "b").release == {}
    assert read_bill(json.dumps(spdx([other])), "b").release == {"ID": "ubuntu", "VERSION_ID": "24.04"}
    named = read_bill(json.dumps(spdx(["pkg:deb/debian/bash@5?distro=bookworm"])), "b").release
    assert named == {"ID": "debian", "VERSION_CODENAME": "bookworm"}


def test_none_are_none():
    bill = read_bill(json.dumps(spdx([PURLS[3]])), "b")
    assert bill.packages == () and bill.total == 1


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("{}", ContentError, "b.json is neither SPDX nor"),
        ("[]", ToolError, "b.json: the document"),
        ("{", ToolError, "b.json: line 1"),
        ("", ToolError, "b.json is empty"),
        (
            json.dumps(spdx(["pkg:deb/debian/bash"])),
            ContentError,
            r"b.json: packages\[1\].*package bash has no version",
        ),
        (json.dumps(spdx(["pkg:deb/debian/b@1?upstream=a%20b%20c"])), ContentError, "names no source package"),
        ('{"spdxVersion": "SPDX-2.3", "packages": {}}', ToolError, "b.json: packages"),
        ('{"bomFormat": "CycloneDX", "components": [1]}', ToolError, r"b.json: components\[0\]"),
    ],
)
def test_what_is_refused_names_file_and_place(text, error, says):
    with pytest.raises(error, match=says):
        read_bill(text, "b.json")
