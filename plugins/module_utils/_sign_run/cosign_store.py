# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cosign left in a repository about one image, and taking some of it away."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import referrers_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    Descriptor,
    Manifest,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import (
    BUNDLE_TYPE,
    ENVELOPE_LAYER,
    SIGNATURE_NOTE,
    SIGNED_LAYER,
    Stored,
    read_bundle,
    read_envelope,
    read_signature,
)

# A registry can hold anything under these names; bundles of statements with a whole SBOM inside are some megabytes.
MAX_BLOB = 64 * 1024 * 1024


class CosignStore:
    """One repository. Everything raises RegistryError when it cannot be told or done, ContentError for broken manifests."""

    def __init__(self, client: TransferClient, repository: str) -> None:
        self._client = client
        self._repository = repository

    def look(self, digest: str) -> List[Stored]:
        """Signatures and attestations of an image, whether they hold or not; what could not verify is left out."""
        layers = [*self._layers(digest, "sig", SIGNED_LAYER), *self._layers(digest, "att", ENVELOPE_LAYER)]
        return [*layers, *self._bundles(digest)]

    def remove(self, digest: str, gone: Sequence[Stored]) -> None:
        """Take these signatures away. Signed meanwhile by others: RegistryError, and nothing of that manifest is changed."""
        self._remove_layers(_tag(digest, "sig"), [one for one in gone if not one.in_bundle])
        self._remove_bundles(digest, [one for one in gone if one.in_bundle])

    def _layers(self, digest: str, kind: str, media_type: str) -> List[Stored]:
        """Those of that media type: cosign looks for no other under such a tag."""
        body = self._client.manifest(self._repository, _tag(digest, kind))
        if body is None:
            return []
        found = []
        for place, layer in enumerate(_layers(parse_manifest(body.data, body.media_type))):
            one = self._layer(body.digest, place, layer) if layer.media_type == media_type else None
            if one is not None:
                found.append(one)
        return found

    def _layer(self, manifest: str, place: int, layer: Descriptor) -> Optional[Stored]:
        if layer.media_type == ENVELOPE_LAYER:
            return read_envelope(manifest, place, self._blob(layer))
        signature = layer.annotations.get(SIGNATURE_NOTE, "")
        return read_signature(manifest, place, self._blob(layer), signature)

    def _bundles(self, digest: str) -> List[Stored]:
        found = []
        for child in self._referrers(digest):
            body = self._client.manifest(self._repository, child)
            layers = _layers(parse_manifest(body.data, body.media_type)) if body else ()
            if len(layers) == 1 and layers[0].media_type.startswith(BUNDLE_TYPE):
                one = read_bundle(child, self._blob(layers[0]))
                if one is not None:
                    found.append(one)
        return found

    def _referrers(self, digest: str) -> List[str]:
        """Digests of manifests that refer to the image, by the API and by the fallback tag: registries that got the API keep both."""
        found: Dict[str, None] = {}
        listed = self._client.referrers(self._repository, digest)
        if listed is not None:
            found.update(dict.fromkeys(child.digest for child in parse_manifest(listed, OCI_INDEX).children))
        body = self._client.manifest(self._repository, referrers_tag(digest))
        if body is not None:
            found.update(dict.fromkeys(one.digest for one in parse_manifest(body.data, body.media_type).children))
        return list(found)

    def _blob(self, layer: Descriptor) -> bytes:
        data = self._client.blob(self._repository, layer.digest, MAX_BLOB)
        if data is None:
            raise RegistryError(
                "Registry %s: %s has a signature whose content %s is not there; sign the image again"
                % (self._client.name, self._repository, layer.digest)
            )
        return data

    # Taking away ------------------------------------------------------------------------------------------------------

    def _remove_layers(self, tag: str, gone: Sequence[Stored]) -> None:
        body = self._client.manifest(self._repository, tag) if gone else None
        if body is None:
            return
        if any(one.manifest != body.digest for one in gone):
            raise self._changed_meanwhile(tag)
        places = {one.place for one in gone}
        document = json.loads(body.data.decode("utf-8"))
        if len(places) == len(document["layers"]):
            self._delete(body.digest, "the manifest of its signatures")
            return
        document["layers"] = _without(document["layers"], places)
        config = self._client.blob(self._repository, document["config"]["digest"])
        if config is not None:
            data = _without_layers(config, places)
            digest = self._client.put_blob(self._repository, data)
            document["config"] = {**document["config"], "digest": digest, "size": len(data)}
        self._replace(tag, body, document)

    def _remove_bundles(self, digest: str, gone: Sequence[Stored]) -> None:
        manifests = {one.manifest for one in gone}
        if not manifests:
            return
        tag = referrers_tag(digest)
        body = self._client.manifest(self._repository, tag)
        if body is not None:
            document = json.loads(body.data.decode("utf-8"))
            left = [entry for entry in document["manifests"] if entry["digest"] not in manifests]
            if not left:
                self._delete(body.digest, "the list of its signatures")
            elif len(left) < len(document["manifests"]):
                self._replace(tag, body, {**document, "manifests": left})
        for one in sorted(manifests):
            self._delete(one, "a signature that the image's list has no more")

    def _replace(self, tag: str, before: Body, document: Dict[str, Any]) -> None:
        now = self._client.head(self._repository, tag)
        if now is None or now.digest != before.digest:
            raise self._changed_meanwhile(tag)
        data = json.dumps(document, separators=(",", ":")).encode("utf-8")
        self._client.put_manifest(self._repository, tag, before.media_type, data)

    def _changed_meanwhile(self, tag: str) -> RegistryError:
        return RegistryError(
            "Registry %s: %s:%s was changed by somebody else meanwhile; run again"
            % (self._client.name, self._repository, tag)
        )

    def _delete(self, digest: str, what: str) -> None:
        """By digest: registries before version 3 of distribution cannot delete a tag alone."""
        status = self._client.delete(self._repository, digest)
        if status in (400, 405):
            raise RegistryError(
                "Registry %s does not delete (it answered %d), so %s (%s@%s) stays. Allow it there "
                "(REGISTRY_STORAGE_DELETE_ENABLED=true), or use a user who may"
                % (self._client.name, status, what, self._repository, digest)
            )


def _tag(digest: str, kind: str) -> str:
    return "%s.%s" % (referrers_tag(digest), kind)


def _layers(manifest: Manifest) -> Tuple[Descriptor, ...]:
    return () if manifest.is_index or not manifest.known else manifest.blobs[1:]


def _without(entries: List[Any], places: Set[int]) -> List[Any]:
    return [entry for place, entry in enumerate(entries) if place not in places]


def _without_layers(config: bytes, places: Set[int]) -> bytes:
    """The configuration of a manifest without the entries of these layers, so that it still describes the others."""
    document = json.loads(config.decode("utf-8"))
    rootfs = document.get("rootfs") or {}
    if isinstance(rootfs.get("diff_ids"), list):
        rootfs["diff_ids"] = _without(rootfs["diff_ids"], places)
    if isinstance(document.get("history"), list):
        document["history"] = _without(document["history"], places)
    return json.dumps(document, separators=(",", ":")).encode("utf-8")
