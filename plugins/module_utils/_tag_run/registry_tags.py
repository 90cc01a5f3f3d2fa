# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of one repository in a registry. Set by putting the same manifest again, so that digests and platforms stay."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    CapabilityMemory,
    probe_deletion,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body, RegistryClient

REGISTRY = "registry"


class RegistryTags:
    """Nothing is pulled but manifests."""

    where = REGISTRY

    def __init__(self, client: RegistryClient, repository: str) -> None:
        self.client = client
        self.repository = repository
        self._bodies: Dict[str, Body] = {}

    def names(self) -> List[str]:
        return self.client.tags(self.repository) or []

    def find(self, source: str) -> Optional[str]:
        """The digest of an image by tag or digest, None when it is not there."""
        return self.digest(source)

    def digest(self, reference: str) -> Optional[str]:
        head = self.client.head(self.repository, reference)
        return None if head is None else head.digest

    def put(self, tag: str, digest: str) -> None:
        body = self.body(digest)
        self.client.put_manifest(self.repository, tag, body.media_type, body.data)

    def why_staying(self, tags: Sequence[str]) -> Dict[str, str]:
        """Tag -> why it cannot be taken away; found out by deleting what does not exist."""
        memory = CapabilityMemory(self.client)
        if not memory.known.tag_delete:
            found = probe_deletion(self.client, self.repository)
            memory.learn(delete=found.delete, tag_delete=found.tag_delete)
        if memory.known.tag_delete:
            return {}
        why = "registry %s cannot delete a tag alone, as the distribution registry before version 3" % self.client.name
        if memory.known.tag_delete is None:
            why = "registry %s does not let this user delete tags" % self.client.name
        return dict.fromkeys(tags, why)

    def remove(self, tag: str, digest: str) -> None:
        """Raises RegistryError when the registry refuses, or takes the image with it (which is then put back)."""
        body = self.body(digest)
        status = self.client.delete(self.repository, tag)
        if status in (400, 405):
            raise RegistryError("Registry %s refuses to delete tag %s (%d)" % (self.client.name, tag, status))
        if self.digest(digest) is None:
            self.client.put_manifest(self.repository, tag, body.media_type, body.data)
            raise RegistryError(
                "Registry %s deleted the image with its tag %s; both were put back, look at its other tags"
                % (self.client.name, tag)
            )

    def body(self, reference: str) -> Body:
        """Raises RegistryError when it is not there."""
        if reference not in self._bodies:
            body = self.client.manifest(self.repository, reference)
            if body is None:
                raise RegistryError(
                    "Registry %s has no %s in %s; push it first" % (self.client.name, reference, self.repository)
                )
            self._bodies[reference] = self._bodies[body.digest] = body
        return self._bodies[reference]
