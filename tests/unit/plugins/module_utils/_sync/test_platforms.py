# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes with some platforms only."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import ATTESTED, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.platforms import filter_index

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def entry(letter, platform=None, attests=None):
    made = {"mediaType": OCI_MANIFEST, "digest": "sha256:" + letter * 64, "size": 7}
    if platform:
        made["platform"] = dict(zip(("os", "architecture", "variant"), platform.split("/")))
    if attests:
        made["platform"] = {"os": "unknown", "architecture": "unknown"}
        made["annotations"] = {ATTESTED: "sha256:" + attests * 64}
    return made


def index(*entries, **more):
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries, **more}, indent=3).encode()


FULL = index(
    entry("a", "linux/amd64"),
    entry("b", "linux/arm64"),
    entry("c", "linux/arm/v6"),
    entry("d", "linux/arm/v7"),
    entry("1", attests="a"),
    entry("2", attests="b"),
)


def letters(data):
    return "".join(child.digest[-1] for child in parse_manifest(data).children)


@pytest.mark.parametrize(
    "platforms, left",
    [
        (["linux/amd64"], "a1"),
        (["linux/arm64"], "b2"),
        (["linux/arm"], "cd"),
        (["linux/arm/v7"], "d"),
        (["linux/arm64", "linux/amd64"], "ab12"),
        (["windows/amd64", "linux/amd64"], "a1"),
    ],
)
def test_images_are_left_with_their_attestations(platforms, left):
    assert letters(filter_index(FULL, platforms)) == left


def test_nothing_left_out_are_the_same_bytes():
    assert filter_index(FULL, ["linux/amd64", "linux/arm64", "linux/arm"]) is FULL


def test_the_same_choice_is_the_same_document():
    one = filter_index(FULL, ["linux/amd64", "linux/arm64"])
    assert one == filter_index(FULL, ["linux/arm64", "linux/amd64"])
    other = dict(reversed(list(json.loads(FULL.decode()).items())))
    assert one == filter_index(json.dumps(other).encode(), ["linux/amd64", "linux/arm64"])


def test_the_rest_of_the_document_stays():
    data = index(entry("a", "linux/amd64"), entry("b", "linux/arm64"), annotations={"k": "v"})
    part = json.loads(filter_index(data, ["linux/amd64"]).decode())
    assert part["annotations"] == {"k": "v"} and part["mediaType"] == OCI_INDEX


@pytest.mark.parametrize("platforms", [["windows/amd64"], ["linux/ar"], ["linux/amd64/v3"]])
def test_none_is_left(platforms):
    assert filter_index(FULL, platforms) is None
