# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images put by hand into a registry of the lab, as an engine would push them."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from typing import Any, Sequence

from archive import Image
from lab import load

#: The registry of the first region.
REGISTRY: str = load("test")["registries"][0]["address"]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(media: str, data: bytes, **more: Any) -> dict[str, Any]:
    """How a manifest names content."""
    return {"mediaType": media, "size": len(data), "digest": digest(data), **more}


def manifest(image: Image) -> bytes:
    """The manifest of an image, its layers as they are in archives.

    Compressed ones would be other blobs, which 26.1 does not fetch for layers that it has already unpacked; the image
    is then incomplete, and the engine hides it.
    """
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(_CONFIG, image.config()),
        "layers": [descriptor(_LAYER, layer.tar()) for layer in image.layers],
    }
    return json.dumps(document, sort_keys=True).encode()


def index(children: Sequence[dict[str, Any]]) -> bytes:
    """An index of such descriptors."""
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(children)}
    return json.dumps(document, sort_keys=True).encode()


def push(repository: str, image: Image) -> str:
    """Put an image into the registry, layers first; returns its digest name."""
    for blob in [*(layer.tar() for layer in image.layers), image.config()]:
        put_blob(repository, blob)
    return put_manifest(repository, manifest(image), MANIFEST)


def put_blob(repository: str, blob: bytes) -> None:
    upload = _call("POST", _folder(repository) + "blobs/uploads/", (202,))
    joint = "&" if "?" in upload else "?"
    _call("PUT", "%s%sdigest=%s" % (upload, joint, digest(blob)), (201,), blob, "application/octet-stream")


def put_manifest(repository: str, document: bytes, media: str) -> str:
    """Returns the digest name."""
    pin = "%s@%s" % (repository, digest(document))
    _call("PUT", _path_of(pin), (201,), document, media)
    return pin


def remove(pin: str) -> None:
    """Delete a manifest, if it is there."""
    _call("DELETE", _path_of(pin), (202, 404))


def _folder(repository: str) -> str:
    return "/v2/%s/" % repository.partition("/")[2]


def _path_of(pin: str) -> str:
    repository, _at, found = pin.partition("@")
    return "%smanifests/%s" % (_folder(repository), found)


def _call(method: str, path: str, accepted: Sequence[int], body: bytes = b"", media: str = "") -> str:
    """One request to the registry; returns the Location that it answers with."""
    connection = http.client.HTTPConnection(REGISTRY, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": media} if media else {})
        answer = connection.getresponse()
        assert answer.status in accepted, "%s %s: %d" % (method, path, answer.status)
        return re.sub("^https?://[^/]*", "", answer.getheader("Location") or "")
    finally:
        connection.close()
