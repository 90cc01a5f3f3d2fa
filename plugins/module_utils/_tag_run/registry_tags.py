# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of one repository in a registry. Set by putting the same manifest again, so that digests and platforms stay."""

from __future__ import annotations

from typing import Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body, RegistryClient


class RegistryTags:
    """Nothing is pulled but manifests."""

    def __init__(self, client: RegistryClient, repository: str) -> None:
        self.client = client
        self.repository = repository
        self._bodies: Dict[str, Body] = {}

    def names(self) -> List[str]:
        return self.client.tags(self.repository) or []

    def digest(self, reference: str) -> Optional[str]:
        head = self.client.head(self.repository, reference)
        return None if head is None else head.digest

    def put(self, tag: str, digest: str) -> None:
        body = self.body(digest)
        self.client.put_manifest(self.repository, tag, body.media_type, body.data)

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
