# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registries hold, made by hand: images, indexes, attestations, referrers, signatures and build caches.

Everything is a Manifest, a value that knows its bytes and what must be in the registry before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from archive import Layer
from plain_http import digest

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
#: All that a request for any manifest accepts.
MANIFEST_TYPES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar"
EMPTY = "application/vnd.oci.empty.v1+json"
CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"
SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
SBOM = "application/spdx+json"
#: The end of a cosign tag -> the media type of what it holds.
COSIGN = {"sig": SIGNATURE, "att": "application/vnd.dsse.envelope.v1+json", "sbom": "text/spdx+json"}

#: Build dates: an ordinary one, and those of reproducible builds.
CREATED = "2024-03-01T12:00:00Z"
EPOCH, YEAR_1980, YEAR_ONE = "1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z", "0001-01-01T00:00:00Z"
#: From the layer to the image that carries it: its media types are of one family.
_FAMILY = {OCI_MANIFEST: (OCI_CONFIG, OCI_LAYER), DOCKER_MANIFEST: (DOCKER_CONFIG, DOCKER_LAYER)}


@dataclass(frozen=True)
class Manifest:
    """`blobs` and `children` must be in the repository before it; `subject` may come later or never.

    `platform` ("linux/arm64/v8"), `attests` (a digest) and `artifact_type` go into the descriptor by which an index
    lists it.
    """

    media: str
    body: bytes
    blobs: tuple[bytes, ...] = ()
    children: tuple["Manifest", ...] = ()
    subject: "Manifest | None" = None
    platform: str = ""
    attests: str = ""
    artifact_type: str = ""

    @property
    def digest(self) -> str:
        return digest(self.body)

    @property
    def descriptor(self) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if self.attests:
            more["platform"] = {"architecture": "unknown", "os": "unknown"}
            more["annotations"] = {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": self.attests,
            }
        elif self.platform:
            more["platform"] = _platform(self.platform)
        if self.artifact_type:
            more["artifactType"] = self.artifact_type
        return descriptor(self.media, self.body, **more)

    def everything(self) -> dict[str, "Manifest"]:
        """By digest: itself and the manifests below it."""
        found = {self.digest: self}
        for child in self.children:
            found.update(child.everything())
        return found


def descriptor(media: str, data: bytes, **more: Any) -> dict[str, Any]:
    """How a manifest names content."""
    return {"mediaType": media, "size": len(data), "digest": digest(data), **more}


def encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _platform(text: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), text.split("/")))


# Images --------------------------------------------------------------------------------------------------------------


def image(
    layers: Sequence[Layer],
    *,
    created: str | None = CREATED,
    labels: Mapping[str, str] | None = None,
    platform: str = "linux/amd64",
    note: str = "",
    docker: bool = False,
    foreign: Sequence[Mapping[str, Any]] = (),
    annotations: Mapping[str, str] | None = None,
    subject: Manifest | None = None,
) -> Manifest:
    """An image of one platform that engines can run; `docker` gives it the Docker v2 types instead of those of OCI.

    Images that differ in nothing but `note` are different ones of the same layers. `foreign` are further descriptors
    of layers that the registry does not hold.
    """
    media = DOCKER_MANIFEST if docker else OCI_MANIFEST
    config_type, layer_type = _FAMILY[media]
    tars = [layer.tar() for layer in layers]
    config = _config([digest(tar) for tar in tars], created, labels or {}, platform, note)
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media,
        "config": descriptor(config_type, config),
        "layers": [*foreign, *(descriptor(layer_type, tar) for tar in tars)],
        **({"annotations": dict(annotations)} if annotations else {}),
        **({"subject": plain(subject)} if subject else {}),
    }
    return Manifest(media, encoded(document), (config, *tars), subject=subject, platform=platform)


def _config(diff_ids: Sequence[str], created: str | None, labels: Mapping[str, str], platform: str, note: str) -> bytes:
    dated = {"created": created} if created is not None else {}
    document = {
        **_platform(platform),
        **dated,
        "config": {"Labels": dict(labels), "Cmd": ["/bin/busybox", "sleep", "2000000000"]},
        "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
        "history": [{**dated, "created_by": "layer"} for _layer in diff_ids],
        "comment": note,
    }
    return encoded(document)


def simple(seed: str, **more: Any) -> Manifest:
    """An image with one layer that no other seed has."""
    return image([Layer(seed)], note=seed, **more)


def foreign_layer(seed: str) -> dict[str, Any]:
    """A layer that is fetched from elsewhere, never from this registry."""
    return descriptor(DOCKER_FOREIGN, seed.encode(), urls=["https://elsewhere.example/" + seed])


# Indexes -------------------------------------------------------------------------------------------------------------


def index(
    children: Sequence[Manifest],
    *,
    docker: bool = False,
    annotations: Mapping[str, str] | None = None,
    subject: Manifest | None = None,
) -> Manifest:
    """An index (or Docker manifest list) of manifests, which may be indexes themselves."""
    media = DOCKER_LIST if docker else OCI_INDEX
    document = {
        "schemaVersion": 2,
        "mediaType": media,
        "manifests": [child.descriptor for child in children],
        **({"annotations": dict(annotations)} if annotations else {}),
        **({"subject": plain(subject)} if subject else {}),
    }
    return Manifest(media, encoded(document), children=tuple(children), subject=subject)


def multi_platform(
    seed: str,
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64"),
    *,
    attested: bool = False,
    docker: bool = False,
    **more: Any,
) -> Manifest:
    """An index of one image for each platform, all of one lowest layer; `attested` adds what BuildKit adds."""
    base = Layer(seed + "-base")
    images = [
        image([base, Layer("%s-%s" % (seed, one))], platform=one, note=seed, docker=docker, **more) for one in platforms
    ]
    return index([*images, *(attestation(one) for one in images if attested)], docker=docker)


def attestation(of: Manifest) -> Manifest:
    """The attestation manifest of an image, as BuildKit puts it into the same index."""
    statement = encoded({"_type": "https://in-toto.io/Statement/v0.1", "subject": of.digest})
    config = encoded({"architecture": "unknown", "os": "unknown", "rootfs": {"diff_ids": [digest(statement)]}})
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor(IN_TOTO, statement)],
    }
    return Manifest(OCI_MANIFEST, encoded(document), (config, statement), attests=of.digest)


# What is attached to others ------------------------------------------------------------------------------------------


def plain(manifest: Manifest) -> dict[str, Any]:
    """A descriptor of nothing but type, size and digest."""
    return descriptor(manifest.media, manifest.body)


def referrer(subject: Manifest, artifact_type: str = SBOM, seed: str = "") -> Manifest:
    """An artifact that names another manifest as its subject (OCI 1.1)."""
    content = ("%s %s %s" % (artifact_type, subject.digest, seed)).encode()
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": artifact_type,
        "config": descriptor(EMPTY, b"{}"),
        "layers": [descriptor(artifact_type, content)],
        "subject": plain(subject),
    }
    blobs = (b"{}", content)
    return Manifest(OCI_MANIFEST, encoded(document), blobs, subject=subject, artifact_type=artifact_type)


def fallback_tag(digest_of_subject: str) -> str:
    """The tag under which registries without the referrers API keep the list of a manifest's referrers."""
    return digest_of_subject.replace(":", "-")


def fallback_index(referrers: Sequence[Manifest]) -> Manifest:
    """What that tag holds."""
    return index(referrers)


def cosign_tag(digest_of_subject: str, kind: str = "sig") -> str:
    """The tag of a signature ("sig"), attestation ("att") or bill of materials ("sbom") made with cosign."""
    return "%s.%s" % (fallback_tag(digest_of_subject), kind)


def cosign(subject: Manifest, kind: str = "sig", seed: str = "") -> Manifest:
    """What that tag holds: nothing in it but the tag names the subject in a way that registries understand."""
    payload = encoded({"critical": {"image": {"docker-manifest-digest": subject.digest}}, "optional": {"seed": seed}})
    config = _config([digest(payload)], YEAR_ONE, {}, "linux/amd64", "")
    signed = {"dev.cosignproject.cosign/signature": "c2lnbmF0dXJl"} if kind == "sig" else {}
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(OCI_CONFIG, config),
        "layers": [descriptor(COSIGN[kind], payload, **({"annotations": signed} if signed else {}))],
    }
    return Manifest(OCI_MANIFEST, encoded(document), (config, payload))


# Build caches --------------------------------------------------------------------------------------------------------


def build_cache(seed: str, layers: int = 2) -> Manifest:
    """A BuildKit registry cache of the older shape: an index whose entries are no manifests but layers and a config."""
    blobs, config = _cached(seed, layers)
    entries = [*(descriptor(OCI_LAYER + "+gzip", blob) for blob in blobs), descriptor(CACHE_CONFIG, config)]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return Manifest(OCI_INDEX, encoded(document), (*blobs, config))


def build_cache_image(seed: str, layers: int = 2) -> Manifest:
    """A BuildKit registry cache of the newer shape (`image-manifest=true`)."""
    blobs, config = _cached(seed, layers)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(CACHE_CONFIG, config),
        "layers": [descriptor(OCI_LAYER + "+gzip", blob) for blob in blobs],
    }
    return Manifest(OCI_MANIFEST, encoded(document), (*blobs, config))


def _cached(seed: str, layers: int) -> tuple[list[bytes], bytes]:
    blobs = [Layer("%s-cache-%d" % (seed, number)).tar() for number in range(layers)]
    config = {"layers": [{"blob": digest(blob), "parent": number - 1} for number, blob in enumerate(blobs)]}
    return blobs, encoded({**config, "records": [{"digest": digest(seed.encode())}]})
