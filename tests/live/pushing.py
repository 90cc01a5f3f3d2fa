# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images put by hand into a registry of the lab, as an engine would push them."""

from __future__ import annotations

from typing import Any, Sequence

import registry_pushing
from archive import Image
from lab import load
from plain_http import digest
from registry_content import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, descriptor, encoded

__all__ = [
    "INDEX",
    "MANIFEST",
    "REGISTRY",
    "descriptor",
    "digest",
    "index",
    "manifest",
    "push",
    "put_blob",
    "put_manifest",
    "remove",
]
#: The registry of the first region.
REGISTRY: str = load()["registries"][0]["address"]
MANIFEST, INDEX = OCI_MANIFEST, OCI_INDEX


def manifest(image: Image) -> bytes:
    """The manifest of an image, its layers as they are in archives.

    Compressed ones would be other blobs, which 26.1 does not fetch for layers that it has already unpacked; the image
    is then incomplete, and the engine hides it.
    """
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(OCI_CONFIG, image.config()),
        "layers": [descriptor(OCI_LAYER, layer.tar()) for layer in image.layers],
    }
    return encoded(document)


def index(children: Sequence[dict[str, Any]]) -> bytes:
    """An index of such descriptors."""
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(children)}
    return encoded(document)


def push(repository: str, image: Image) -> str:
    """Put an image into the registry, layers first; returns its digest name."""
    for blob in [*(layer.tar() for layer in image.layers), image.config()]:
        put_blob(repository, blob)
    return put_manifest(repository, manifest(image), MANIFEST)


def put_blob(repository: str, blob: bytes) -> None:
    registry_pushing.put_blob(REGISTRY, _path(repository), blob)


def put_manifest(repository: str, document: bytes, media: str) -> str:
    """Returns the digest name."""
    return "%s@%s" % (repository, registry_pushing.put_manifest(REGISTRY, _path(repository), document, media))


def remove(pin: str) -> None:
    """Delete a manifest, if it is there."""
    repository, _at, found = pin.partition("@")
    assert registry_pushing.delete_manifest(REGISTRY, _path(repository), found) in (202, 404)


def _path(repository: str) -> str:
    return repository.partition("/")[2]
