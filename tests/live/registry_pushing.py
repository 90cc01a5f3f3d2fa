# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content put into any registry, changed and taken out of it, request by request."""

from __future__ import annotations

import json
import re
from typing import Any, Iterable, Sequence

from plain_http import Answer, call, digest
from registry_content import INDEX_TYPES, MANIFEST_TYPES, OCI_INDEX, Manifest, cosign, cosign_tag, encoded, fallback_tag

ACCEPT = tuple(("Accept", media) for media in MANIFEST_TYPES)


class NotTaken(AssertionError):
    """The registry answered another status than one that means that it was done."""


def push(address: str, repository: str, manifest: Manifest, *tags: str, known: set[str] | None = None) -> str:
    """Put a manifest with all that it needs, under these tags, or by digest alone; returns its digest.

    What is in `known`, digests, is taken to be in the repository; what is put there is added.
    """
    there = set() if known is None else known
    push_parts(address, repository, manifest, there)
    there.add(manifest.digest)
    for reference in tags or (manifest.digest,):
        put_manifest(address, repository, manifest.body, manifest.media, reference)
    return manifest.digest


def push_parts(address: str, repository: str, manifest: Manifest, known: set[str]) -> None:
    """All that a manifest needs, and not the manifest itself; `known` is as that of push()."""
    for blob in manifest.blobs:
        if digest(blob) not in known:
            put_blob(address, repository, blob)
            known.add(digest(blob))
    for child in manifest.children:
        if child.digest not in known:
            push(address, repository, child, known=known)


def put_blob(address: str, repository: str, blob: bytes) -> None:
    """Unless it is there."""
    place = "/v2/%s/blobs/" % repository
    if call(address, "HEAD", place + digest(blob)).status == 200:
        return
    upload = re.sub("^https?://[^/]*", "", _ok(call(address, "POST", place + "uploads/"), 202).headers["location"])
    joint = "&" if "?" in upload else "?"
    media = [("Content-Type", "application/octet-stream")]
    _ok(call(address, "PUT", "%s%sdigest=%s" % (upload, joint, digest(blob)), blob, media), 201)


def put_manifest(address: str, repository: str, body: bytes, media: str, reference: str = "") -> str:
    """Under a tag, or by its digest; returns the digest."""
    path = manifest_path(repository, reference or digest(body))
    _ok(call(address, "PUT", path, body, [("Content-Type", media)]), 201)
    return digest(body)


def retag(address: str, repository: str, source: str, *tags: str) -> str:
    """Put the bytes that a tag or digest has under further tags; returns their digest."""
    found = read_manifest(address, repository, source)
    for tag in tags:
        put_manifest(address, repository, found.body, found.headers["content-type"], tag)
    return digest(found.body)


def attach(address: str, repository: str, referrer: Manifest) -> str:
    """Push a referrer and enter it under the fallback tag of its subject, as clients of such registries do."""
    assert referrer.subject is not None
    push(address, repository, referrer)
    listed = list_with(address, repository, referrer)
    put_manifest(address, repository, encoded(listed), OCI_INDEX, fallback_tag(referrer.subject.digest))
    return referrer.digest


def list_with(address: str, repository: str, referrer: Manifest) -> dict[str, Any]:
    """The list of a subject's referrers as it is under the fallback tag now, and with this one."""
    assert referrer.subject is not None
    before = call(address, "GET", manifest_path(repository, fallback_tag(referrer.subject.digest)), headers=ACCEPT)
    known = json.loads(before.body)["manifests"] if before.status == 200 else []
    entries = [*(one for one in known if one["digest"] != referrer.digest), referrer.descriptor]
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}


def sign(address: str, repository: str, subject: Manifest, *kinds: str) -> list[str]:
    """Push what cosign leaves for a manifest (kinds "sig", "att", "sbom"; a signature alone); returns the digests."""
    return [
        push(address, repository, cosign(subject, kind), cosign_tag(subject.digest, kind)) for kind in kinds or ("sig",)
    ]


def read_manifest(address: str, repository: str, reference: str) -> Answer:
    return _ok(call(address, "GET", manifest_path(repository, reference), headers=ACCEPT), 200)


def head_manifest(
    address: str, repository: str, reference: str, accepted: Iterable[str] = MANIFEST_TYPES
) -> tuple[int, str]:
    """Status and digest (empty without one) of a HEAD request, with one Accept header for each of these media types."""
    headers = [("Accept", media) for media in accepted]
    answer = call(address, "HEAD", manifest_path(repository, reference), headers=headers)
    return answer.status, answer.headers.get("docker-content-digest", "")


def delete_manifest(address: str, repository: str, reference: str) -> int:
    """By tag or digest; returns the status."""
    return call(address, "DELETE", manifest_path(repository, reference)).status


def list_tags(address: str, repository: str) -> list[str]:
    """All tags, page by page; none for a repository that is not there."""
    found: list[str] = []
    target = "/v2/%s/tags/list" % repository
    while target:
        answer = call(address, "GET", target)
        if answer.status == 404:
            return []
        found += json.loads(_ok(answer, 200).body)["tags"] or []
        link = re.match(r'<(?:https?://[^/>]*)?([^>]*)>;\s*rel="?next"?', answer.headers.get("link", ""))
        target = link.group(1) if link else ""
    return found


def manifest_path(repository: str, reference: str) -> str:
    return "/v2/%s/manifests/%s" % (repository, reference)


def children_of(document: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """The descriptors of manifests in an index; its other entries are blobs."""
    return [one for one in document.get("manifests") or [] if one.get("mediaType") in MANIFEST_TYPES]


def is_index(document: dict[str, Any], media: str) -> bool:
    return document.get("mediaType", media) in INDEX_TYPES


def _ok(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        told = answer.body[:300].decode("utf-8", "replace")
        raise NotTaken("%d, not %d: %s" % (answer.status, status, told))
    return answer
