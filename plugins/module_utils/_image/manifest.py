# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests of the OCI image specification and of Docker's schema 2, read into values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)
IMAGE_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST)
MANIFEST_TYPES = INDEX_TYPES + IMAGE_TYPES
# Configs that describe an image that runs; artifacts and signatures have others, or the first one with foreign layers.
CONFIG_TYPES = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
# Layers that may not be passed on, or need not be: they are fetched from elsewhere unless somebody pushed them all the same.
FOREIGN_TYPES = (
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
)
# BuildKit marks attestations in an index so.
ATTESTED = "vnd.docker.reference.digest"
MAX_ENTRIES = 10000


@dataclass(frozen=True)
class Descriptor:
    """How one document names content; `size` in bytes; `platform` as `linux/arm64/v8`, empty when not told.

    `elsewhere`: it says addresses where else the content is.
    """

    digest: str
    size: int = 0
    media_type: str = ""
    platform: str = ""
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False

    @property
    def is_manifest(self) -> bool:
        return self.media_type in MANIFEST_TYPES

    @property
    def is_foreign(self) -> bool:
        """Whether a registry that has the manifest may well be without this content."""
        return self.elsewhere or self.media_type.startswith(FOREIGN_TYPES)

    @property
    def attests(self) -> Optional[str]:
        """The digest of the manifest that this entry of an index is an attestation of."""
        return self.annotations.get(ATTESTED)


@dataclass(frozen=True)
class Manifest:
    """One manifest: an index has `children`, an image `config` and `blobs` (config included).

    Entries of an index that are no manifests (build caches have them) count as blobs. `known` is false for a document of
    another kind, of which nothing but digest and size is understood.
    """

    digest: str
    media_type: str
    size: int
    config: Optional[Descriptor] = None
    blobs: Tuple[Descriptor, ...] = ()
    children: Tuple[Descriptor, ...] = ()
    subject: Optional[str] = None
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    known: bool = True

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEX_TYPES


def digest_of(data: bytes) -> str:
    """The canonical name of content."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parse_manifest(data: bytes, media_type: str = "") -> Manifest:
    """Read a manifest; `media_type` is what the registry said. Raises ContentError naming digest and cause."""
    digest = digest_of(data)
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ContentError("manifest %s is not JSON: %s" % (digest, error)) from error
    if not isinstance(document, dict):
        raise ContentError("manifest %s is no JSON object" % digest)
    own = document.get("mediaType") or media_type.partition(";")[0].strip()
    if not own:
        own = OCI_INDEX if "manifests" in document else OCI_MANIFEST if "config" in document else ""
    if own not in MANIFEST_TYPES:
        return Manifest(digest, str(own), len(data), known=False)
    config: Optional[Descriptor] = None
    blobs: List[Descriptor] = []
    children: List[Descriptor] = []
    if own in INDEX_TYPES:
        for entry in _entries(digest, document, "manifests"):
            (children if entry.is_manifest else blobs).append(entry)
    else:
        config = _descriptor(digest, "config", document.get("config"))
        blobs = [config] + _entries(digest, document, "layers")
    subject = document.get("subject")
    return Manifest(
        digest=digest,
        media_type=own,
        size=len(data),
        config=config,
        blobs=tuple(blobs),
        children=tuple(children),
        subject=_descriptor(digest, "subject", subject).digest if subject else None,
        artifact_type=str(document.get("artifactType") or (config.media_type if config else "")),
        annotations=_texts(document.get("annotations")),
    )


def _entries(digest: str, document: Mapping[str, Any], key: str) -> List[Descriptor]:
    entries = document.get(key) or []
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise ContentError("manifest %s: %s is no list of at most %d entries" % (digest, key, MAX_ENTRIES))
    return [_descriptor(digest, "%s[%d]" % (key, place), entry) for place, entry in enumerate(entries)]


def _descriptor(digest: str, where: str, entry: Any) -> Descriptor:
    if not isinstance(entry, dict) or not is_digest(str(entry.get("digest"))):
        raise ContentError("manifest %s: %s names no digest" % (digest, where))
    size = entry.get("size")
    return Descriptor(
        digest=str(entry["digest"]),
        size=size if isinstance(size, int) and size > 0 else 0,
        media_type=str(entry.get("mediaType") or ""),
        platform=platform_of(entry.get("platform")),
        artifact_type=str(entry.get("artifactType") or ""),
        annotations=_texts(entry.get("annotations")),
        elsewhere=bool(entry.get("urls")),
    )


def platform_of(entry: Any) -> str:
    """`linux/arm64/v8` from a platform object or an image config; empty when it names none."""
    if not isinstance(entry, dict) or not entry.get("os") or not entry.get("architecture"):
        return ""
    parts = [str(entry["os"]), str(entry["architecture"])] + ([str(entry["variant"])] if entry.get("variant") else [])
    return "/".join(parts)


def _texts(value: Any) -> Dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}
