# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that become free: content counts until the last manifest that names it is gone, as garbage collection does."""

from __future__ import annotations

from typing import Container, Dict, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts


class Holders:
    """How many manifests hold each blob; the registry stores a blob once for all its repositories."""

    def __init__(self, repositories: Sequence[RepositoryFacts]) -> None:
        self._count: Dict[str, int] = {}
        self._size: Dict[str, int] = {}
        self._manifests: Mapping[Tuple[str, str], Manifest] = {
            (facts.name, digest): manifest for facts in repositories for digest, manifest in facts.manifests.items()
        }
        held = {digest for facts in repositories for digest in facts.held}
        for manifest in self._manifests.values():
            for digest, size in _content(manifest, held).items():
                self._count[digest] = self._count.get(digest, 0) + 1
                self._size[digest] = max(size, self._size.get(digest, 0))
        # What was read says itself how large it is.
        self._size.update((manifest.digest, manifest.size) for manifest in self._manifests.values())

    def release(self, repository: str, digest: str) -> int:
        """Bytes that become free when this manifest goes now, after all that was released before."""
        manifest = self._manifests.get((repository, digest))
        if manifest is None:
            return 0
        freed = 0
        for blob in _content(manifest, ()):
            self._count[blob] -= 1
            if self._count[blob] == 0:
                freed += self._size[blob]
        return freed


def _content(manifest: Manifest, held: Container[str]) -> Dict[str, int]:
    """The manifest itself and what it names, each once, with the bytes that this says to be on the disk.

    A child that was deleted stays there as long as an index names it; a foreign layer is there only when it is `held`.
    """
    found = {child.digest: child.size for child in manifest.children}
    for blob in manifest.blobs:
        found[blob.digest] = 0 if blob.is_foreign and blob.digest not in held else blob.size
    found[manifest.digest] = manifest.size
    return found
