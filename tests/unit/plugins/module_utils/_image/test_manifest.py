# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a manifest says of layers that its registry may be without."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import OCI_MANIFEST, parse_manifest

DIGEST = "sha256:" + "a" * 64
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
URLS = ["https://elsewhere.example/x"]


def layer(**fields):
    config = {"digest": DIGEST, "size": 2, "mediaType": "application/vnd.oci.image.config.v1+json"}
    entry = {"digest": DIGEST, "size": 5, "mediaType": OCI_LAYER, **fields}
    document = {"mediaType": OCI_MANIFEST, "config": config, "layers": [entry]}
    return parse_manifest(json.dumps(document).encode()).blobs[1]


@pytest.mark.parametrize(
    "media",
    [
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ],
)
def test_types_of_foreign_layers(media):
    assert layer(mediaType=media).is_foreign and not layer(mediaType=media).elsewhere
    assert layer(mediaType=media, urls=URLS).elsewhere


def test_whoever_names_another_place_is_foreign():
    assert layer(urls=URLS).is_foreign and layer(urls=URLS).elsewhere


@pytest.mark.parametrize("fields", [{}, {"urls": []}, {"urls": None}, {"mediaType": None}])
def test_all_others_are_here(fields):
    assert not layer(**fields).is_foreign
