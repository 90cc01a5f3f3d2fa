# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the storage of a registry from the disk (driver filesystem): links, manifests, blobs. Nothing is changed here."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Dict, FrozenSet, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import (
    Storage,
    StoredBlob,
    StoredRepository,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

ROOT = "docker/registry/v2"
MAX_MANIFEST = 16 * 1024 * 1024
MAX_LINK = 1024


def read_storage(storage_path: str) -> Storage:
    """Every repository with its links, and every manifest that is served. Raises StateError, ContentError."""
    root = os.path.join(storage_path, ROOT)
    repositories = tuple(_repository(root, name) for name in _repository_names(root))
    manifests: Dict[str, Manifest] = {}
    for repository in repositories:
        for digest in repository.linked:
            if digest not in manifests:
                data = read_capped(_blob_path(storage_path, digest), MAX_MANIFEST)
                if data is not None:
                    manifests[digest] = _parsed(repository.name, digest, data)
    # The time comes last, so that nothing that was read happened later.
    return Storage(repositories, manifests, int(time.time()))


def is_storage(storage_path: str) -> bool:
    """Whether a registry keeps its content there."""
    return os.path.isdir(os.path.join(storage_path, ROOT, "blobs"))


def is_served(storage_path: str, repository: str, digest: str) -> bool:
    """Whether a repository links this content, as a manifest or as a blob; without a link it answers 404, whatever is stored."""
    folder = os.path.join(storage_path, ROOT, "repositories", repository)
    places = (("_manifests", "revisions"), ("_layers",))
    return any(os.path.exists(os.path.join(folder, *place, *digest.split(":"), "link")) for place in places)


def look_at_blobs(storage_path: str, digests: Iterable[str]) -> Dict[str, StoredBlob]:
    """Those that are there; one stat(2) each."""
    found = {}
    for digest in digests:
        try:
            status = os.stat(_blob_path(storage_path, digest))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateError("cannot look at blob %s: %s" % (digest, error.strerror or error)) from error
        found[digest] = StoredBlob(status.st_size, int(status.st_mtime))
    return found


def _blob_path(storage_path: str, digest: str) -> str:
    kind, _colon, name = digest.partition(":")
    return os.path.join(storage_path, ROOT, "blobs", kind, name[:2], name, "data")


def _parsed(repository: str, digest: str, data: bytes) -> Manifest:
    try:
        return parse_manifest(data)
    except ContentError as error:
        raise ContentError(
            "%s: %s; so what it needs is not known, and nothing was collected" % (repository, error)
        ) from error


def _repository_names(root: str) -> List[str]:
    """Folders that hold something of a repository, if only a first upload; one may lie below another."""
    top = os.path.join(root, "repositories")
    found = []
    for folder, folders, _files in os.walk(top, onerror=_fail):
        if any(name.startswith("_") for name in folders):
            found.append(os.path.relpath(folder, top))
        folders[:] = [name for name in folders if not name.startswith("_")]
    return sorted(found)


def _repository(root: str, name: str) -> StoredRepository:
    folder = os.path.join(root, "repositories", name)
    linked, deleted = _revisions(os.path.join(folder, "_manifests", "revisions"))
    return StoredRepository(name, _tags(os.path.join(folder, "_manifests", "tags")), linked, deleted, _uploads(folder))


def _tags(folder: str) -> Dict[str, str]:
    found = {}
    for entry in _entries(folder):
        data = read_capped(os.path.join(entry.path, "current", "link"), MAX_LINK)
        digest = "" if data is None else data.decode("ascii", "replace").strip()
        if is_digest(digest):
            found[entry.name] = digest
    return found


def _revisions(folder: str) -> Tuple[FrozenSet[str], Dict[str, int]]:
    """A manifest that was deleted leaves its folder, without the link, and with the time of that."""
    linked, deleted = set(), {}
    for kind in _entries(folder):
        for entry in _entries(kind.path):
            digest = "%s:%s" % (kind.name, entry.name)
            if os.path.exists(os.path.join(entry.path, "link")):
                linked.add(digest)
            else:
                deleted[digest] = int(entry.stat().st_mtime)
    return frozenset(linked), deleted


def _uploads(folder: str) -> Optional[int]:
    """When a part of an unfinished upload came last."""
    newest: Optional[int] = None
    for entry in _entries(os.path.join(folder, "_uploads")):
        for name in ("data", "startedat"):
            with suppress(OSError):
                moment = int(os.stat(os.path.join(entry.path, name)).st_mtime)
                newest = moment if newest is None else max(newest, moment)
    return newest


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Folders in a folder; none where there is no such folder."""
    try:
        with os.scandir(folder) as found:
            yield from [entry for entry in found if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return
    except OSError as error:
        _fail(error)


def _fail(error: OSError) -> None:
    raise StateError("cannot read %s: %s" % (error.filename, error.strerror or error)) from error
