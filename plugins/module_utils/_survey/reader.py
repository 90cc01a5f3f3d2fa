# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads manifests and configs by digest, each at most once, from the cache where it has them."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.config import ConfigFacts, parse_config
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient


class ContentReader:
    """Manifests and configs of one registry. Every method raises RegistryError without an answer and ContentError for nonsense.

    Content is remembered by digest, for all repositories and from run to run; which of it a repository serves now is not:
    `is_served` knows what this run was told.
    """

    def __init__(self, client: RegistryClient, cache: ContentCache) -> None:
        self.client = client
        self._cache = cache
        self._manifests: Dict[str, Manifest] = {}
        self._configs: Dict[Tuple[str, bool], ConfigFacts] = {}
        self._served: Set[Tuple[str, str]] = set()

    def is_served(self, repository: str, digest: str) -> bool:
        """Whether the registry itself said in this run that the repository has this manifest."""
        return (repository, digest) in self._served

    def note_served(self, repository: str, digest: str) -> None:
        """It just did, in answer to another question."""
        self._served.add((repository, digest))

    def by_tag(self, repository: str, tag: str) -> Optional[Manifest]:
        """What a tag points at now: always asks; None when there is no such tag."""
        body = self.client.manifest(repository, tag)
        if body is None:
            return None
        self.note_served(repository, body.digest)
        self._cache.put(body.digest, body.data)
        return self._remember(parse_manifest(body.data, body.media_type))

    def has(self, digest: str) -> bool:
        """Whether by_digest() needs no request."""
        return digest in self._manifests or self._cache.get(digest) is not None

    def by_digest(self, repository: str, digest: str) -> Optional[Manifest]:
        """None when the registry does not have it. What is remembered may have been deleted since (see is_served)."""
        if digest in self._manifests:
            return self._manifests[digest]
        data, media_type = self._cache.get(digest), ""
        if data is None:
            body = self.client.manifest(repository, digest)
            if body is None:
                return None
            data, media_type = body.data, body.media_type
            self.note_served(repository, digest)
            self._cache.put(digest, data)
        return self._remember(parse_manifest(data, media_type))

    def bytes_of(self, repository: str, digest: str) -> Optional[bytes]:
        """The manifest as it is stored."""
        data = self._cache.get(digest)
        if data is None:
            body = self.client.manifest(repository, digest)
            data = None if body is None else body.data
        return data

    def config(self, repository: str, digest: str, labels: bool) -> ConfigFacts:
        """What a config tells. Labels may hold secrets and so are asked for anew in every run that needs them."""
        known = self._configs.get((digest, labels)) or self._configs.get((digest, True))
        if known is not None:
            return known
        found = None if labels else _decode(self._cache.get_facts(digest))
        if found is None:
            data = self.client.blob(repository, digest)
            found = ConfigFacts() if data is None else parse_config(digest, data)
            if data is not None:
                facts = {"created": found.created, "platform": found.platform}
                self._cache.put_facts(digest, json.dumps(facts, sort_keys=True).encode("utf-8"))
        self._configs[(digest, labels)] = found
        return found

    def _remember(self, manifest: Manifest) -> Manifest:
        return self._manifests.setdefault(manifest.digest, manifest)


def _decode(data: Optional[bytes]) -> Optional[ConfigFacts]:
    if data is None:
        return None
    facts: Any = json.loads(data.decode("utf-8"))
    return ConfigFacts(created=facts["created"], platform=facts["platform"])
