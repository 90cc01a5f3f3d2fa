# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What images in a registry's storage need, found without asking the collector: what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredRepository


@dataclass(frozen=True)
class Need:
    """Content that something served is made of. `size` in bytes as it is told, 0 when it is not; `by` names one that needs it."""

    size: int
    by: str


def needs_of(storage: Storage) -> Dict[str, Need]:
    """Digest -> why it must stay: every manifest that a repository serves, with or without a tag, and all that it names."""
    found: Dict[str, Need] = {}
    for repository in storage.repositories:
        for digest, name in _served(repository):
            for part, size in _parts(storage, digest):
                found.setdefault(repository.aliases.get(part, part), Need(size, name))
    return found


def _served(repository: StoredRepository) -> Iterator[Tuple[str, str]]:
    """Tags first: a person knows an image by its tag."""
    for tag in sorted(repository.tags):
        yield repository.tags[tag], "%s:%s" % (repository.name, tag)
    for digest in sorted(repository.linked):
        yield digest, "%s@%s" % (repository.name, digest)


def _parts(storage: Storage, digest: str) -> Iterator[Tuple[str, int]]:
    manifest = storage.manifests.get(digest)
    if manifest is None:
        yield digest, 0
        return
    yield digest, manifest.size
    for one in manifest.blobs + manifest.children:
        yield one.digest, one.size
