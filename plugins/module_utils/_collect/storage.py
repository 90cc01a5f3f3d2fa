# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the storage of a registry from the disk (driver filesystem): manifests and blobs. Nothing is changed here."""

from __future__ import annotations

import errno
import os
import time
from typing import Dict, Iterable

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.links import read_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    Manifest,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

BLOBS = "docker/registry/v2/blobs"
MAX_MANIFEST = 16 * 1024 * 1024
# Manifests may name what was never pushed here, by any digest that people come up with.
NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def read_storage(storage_path: str) -> Storage:
    """Every repository with its links, and every manifest that is served. Raises StateError."""
    repositories = tuple(read_repositories(storage_path))
    manifests: Dict[str, Manifest] = {}
    for repository in repositories:
        for digest in repository.linked:
            if digest not in manifests:
                data = read_capped(_blob_path(storage_path, digest), MAX_MANIFEST)
                if data is not None:
                    manifests[digest] = _parsed(data)
    # The time comes last, so that nothing that was read happened later.
    return Storage(repositories, manifests, int(time.time()))


def is_storage(storage_path: str) -> bool:
    """Whether a registry keeps its content there."""
    return os.path.isdir(os.path.join(storage_path, BLOBS))


def look_at_blobs(storage_path: str, digests: Iterable[str]) -> Dict[str, StoredBlob]:
    """Those that are there; one stat(2) each. Raises StateError."""
    found = {}
    for digest in digests:
        try:
            status = os.stat(_blob_path(storage_path, digest))
        except OSError as error:
            if error.errno in NOT_THERE:
                continue
            raise StateError("cannot look at blob %s: %s" % (digest, error.strerror or error)) from error
        found[digest] = StoredBlob(status.st_size, int(status.st_mtime))
    return found


def _blob_path(storage_path: str, digest: str) -> str:
    kind, _colon, name = digest.partition(":")
    return os.path.join(storage_path, BLOBS, kind, name[:2], name, "data")


def _parsed(data: bytes) -> Manifest:
    """What cannot be read is a manifest of an unknown kind."""
    try:
        return parse_manifest(data)
    except ContentError:
        return Manifest(digest_of(data), "", len(data), known=False)
