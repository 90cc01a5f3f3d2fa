# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in registry holds: blobs and manifests by their digests, checked when they come in."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from plain_http import digest
from registry_content import MANIFEST_TYPES, Manifest


@dataclass
class Repository:
    """`tags` by name, `manifests` by digest: (media type, bytes); `blobs` are digests."""

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)

    def find(self, reference: str) -> str | None:
        """The digest of a manifest that is there by this tag or digest."""
        found = reference if ":" in reference else self.tags.get(reference, "")
        return found if found in self.manifests else None

    def remove(self, found: str) -> None:
        """A manifest with all of its tags."""
        del self.manifests[found]
        self.tags = {tag: pointed for tag, pointed in self.tags.items() if pointed != found}

    def holders(self, found: str) -> list[str]:
        """Digests of the indexes that list a manifest."""
        return [
            name
            for name, (_media, body) in self.manifests.items()
            if found in [one["digest"] for one in json.loads(body).get("manifests") or []]
        ]

    def referrers(self, subject: str) -> list[dict[str, Any]]:
        """Descriptors of the manifests that name this one as their subject, as the specification wants them listed."""
        found = []
        for name, (media, body) in sorted(self.manifests.items()):
            document = json.loads(body)
            if (document.get("subject") or {}).get("digest") == subject:
                kind = document.get("artifactType") or (document.get("config") or {}).get("mediaType")
                more = {"artifactType": kind} if kind else {}
                more.update({key: document[key] for key in ("annotations",) if key in document})
                found.append({"mediaType": media, "digest": name, "size": len(body), **more})
        return found


class Content:
    """Two registries may share it. Hold `guard` while several of these belong together."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.repositories: dict[str, Repository] = {}
        self.blobs: dict[str, bytes] = {}

    def repository(self, name: str) -> Repository:
        """Made when it is not there."""
        with self.guard:
            return self.repositories.setdefault(name, Repository())

    def put(self, name: str, manifest: Manifest, *tags: str) -> str:
        """A manifest with all that it needs, without any request; returns its digest."""
        with self.guard:
            there = self.repository(name)
            for blob in manifest.blobs:
                self.put_blob(name, blob)
            for child in manifest.children:
                self.put(name, child)
            there.manifests[manifest.digest] = (manifest.media, manifest.body)
            there.tags.update(dict.fromkeys(tags, manifest.digest))
        return manifest.digest

    def put_blob(self, name: str, blob: bytes) -> str:
        with self.guard:
            found = digest(blob)
            self.blobs[found] = blob
            self.repository(name).blobs.add(found)
        return found

    def missing(self, name: str, body: bytes) -> list[str]:
        """Digests of what a manifest needs and the repository lacks; its subject may be missing."""
        document = json.loads(body)
        there = self.repository(name)
        needed = [one for one in [document.get("config"), *(document.get("layers") or [])] if one]
        needed += document.get("manifests") or []
        return [
            one["digest"]
            for one in needed
            if not one.get("urls")
            and one["digest"] not in (there.manifests if one["mediaType"] in MANIFEST_TYPES else there.blobs)
        ]
