# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny image of our own: deleted before a collection, pushed and pulled again after it (distribution#1803).

A registry that remembers which blobs it has (its descriptor cache) answers "already exists" for what was collected: clients
then leave the blob out, and the image cannot be pulled. So the canary is pushed as clients do, and pulled whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import FrozenSet, List

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    CONFIG_TYPES,
    OCI_MANIFEST,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient

_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Canary:
    """Always the same for a registry, so that what an earlier run left is not counted as found."""

    repository: str
    config: bytes
    layer: bytes
    manifest: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)

    @property
    def digests(self) -> FrozenSet[str]:
        return frozenset(digest_of(data) for data in (self.config, self.layer, self.manifest))


def make_canary(registry: str, repository: str) -> Canary:
    # Ten empty blocks: an empty archive, followed by what makes it unlike any other.
    layer = b"\0" * 10240 + ("imagefleet canary of %s/%s\n" % (registry, repository)).encode("utf-8")
    config = _encoded(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"imagefleet.canary": "%s/%s" % (registry, repository)}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
    )
    manifest = _encoded(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _descriptor(CONFIG_TYPES[0], config),
            "layers": [_descriptor(_LAYER, layer)],
        }
    )
    return Canary(repository, config, layer, manifest)


def push_canary(client: TransferClient, canary: Canary) -> None:
    """As clients push: a blob that the registry says it has is not sent. Raises RegistryError."""
    for data in (canary.config, canary.layer):
        if not client.has_blob(canary.repository, digest_of(data)):
            client.put_blob(canary.repository, data)
    client.put_manifest(canary.repository, canary.digest, OCI_MANIFEST, canary.manifest)


def delete_canary(client: TransferClient, canary: Canary) -> None:
    """Raises RegistryError when the registry does not delete."""
    status = client.delete(canary.repository, canary.digest)
    if status in (400, 405):
        raise RegistryError(
            "registry %s does not delete (%d), so there is nothing to collect: for the distribution registry set "
            "storage.delete.enabled: true and restart it" % (client.name, status)
        )


def pull_canary(client: TransferClient, canary: Canary) -> None:
    """Read it whole. Raises RegistryError naming what is not there."""
    body = client.manifest(canary.repository, canary.digest)
    if body is None or body.data != canary.manifest:
        raise RegistryError("manifest %s of %s is not there" % (canary.digest, canary.repository))
    for data in (canary.config, canary.layer):
        client.check_blob(canary.repository, digest_of(data), len(data))


def left_of_canary(client: TransferClient, canary: Canary) -> List[str]:
    """The blobs of the deleted canary that the registry still serves."""
    blobs = (digest_of(canary.config), digest_of(canary.layer))
    return [digest for digest in blobs if client.has_blob(canary.repository, digest)]


def _encoded(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _descriptor(media_type: str, data: bytes) -> object:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
