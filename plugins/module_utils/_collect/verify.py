# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images read through the registry, byte by byte, when it is open again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Iterator, List, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.links import is_served
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient

SAMPLE = 10


@dataclass
class Reading:
    """What was read: whole images, bytes of blobs, and what is wrong, in words."""

    images: int = 0
    bytes: int = 0
    problems: List[str] = field(default_factory=list)


def read_images(
    client: TransferClient, storage: Storage, storage_path: str, everything: bool, missing: Collection[str]
) -> Reading:
    """Every tag, or one of each of at most ten repositories; content that many share is read once.

    `missing` was not there before, and is not asked for. What a repository does not link, since somebody deleted it, is no
    loss of ours: collecting takes no links.
    """
    reading = Reading()
    seen: Set[str] = set(missing)
    for repository, tag, digest in _chosen(storage, everything):
        found = list(_image(client, repository, digest, seen, reading))
        reading.images += 0 if found else 1
        for part, problem in found:
            if is_served(storage_path, repository, part):
                reading.problems.append("%s:%s: %s" % (repository, tag, problem))
    return reading


def _chosen(storage: Storage, everything: bool) -> Iterator[Tuple[str, str, str]]:
    tagged = [repository for repository in storage.repositories if repository.tags]
    for repository in tagged if everything else tagged[:SAMPLE]:
        tags = sorted(repository.tags)
        for tag in tags if everything else tags[-1:]:
            yield repository.name, tag, repository.tags[tag]


def _image(
    client: TransferClient, repository: str, digest: str, seen: Set[str], reading: Reading
) -> Iterator[Tuple[str, str]]:
    """Digest and problem of whatever below a manifest cannot be read."""
    if digest in seen:
        return
    seen.add(digest)
    try:
        body = client.manifest(repository, digest)
        if body is None:
            yield digest, "manifest %s is not there" % digest
            return
        manifest = parse_manifest(body.data, body.media_type)
    except (RegistryError, ContentError) as error:
        yield digest, str(error)
        return
    for child in manifest.children:
        yield from _image(client, repository, child.digest, seen, reading)
    for blob in manifest.blobs:
        if blob.digest not in seen:
            seen.add(blob.digest)
            try:
                reading.bytes += client.check_blob(repository, blob.digest, blob.size)
            except RegistryError as error:
                yield blob.digest, str(error)
