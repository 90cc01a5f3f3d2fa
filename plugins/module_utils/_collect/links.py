# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the links of repositories in a registry's storage: tags, manifests, layers, uploads."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Container, Dict, Iterator, List, Optional, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import StoredRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

REPOSITORIES = "docker/registry/v2/repositories"
# What the registry names content by, whatever digest it was pushed with.
CANONICAL = "sha256"
MAX_LINK = 1024


def read_repositories(storage_path: str) -> Iterator[StoredRepository]:
    """All of them. Raises StateError."""
    for name in _names(storage_path):
        yield _repository(os.path.join(storage_path, REPOSITORIES, name), name)


def layers_linked(storage_path: str, digests: Container[str]) -> Dict[str, int]:
    """When a repository last linked each of these as content of its own (epoch seconds), as every push does.

    Content that is stored already keeps its time when it is pushed again, or mounted from another repository.
    """
    found: Dict[str, int] = {}
    for name in _names(storage_path):
        folder = os.path.join(storage_path, REPOSITORIES, name, "_layers", CANONICAL)
        for entry in _entries(folder):
            digest = "%s:%s" % (CANONICAL, entry.name)
            if digest in digests:
                with suppress(FileNotFoundError):
                    moment = int(os.stat(os.path.join(entry.path, "link")).st_mtime)
                    found[digest] = max(found.get(digest, 0), moment)
    return found


def is_served(storage_path: str, repository: str, digest: str) -> bool:
    """Whether a repository links this content, as a manifest or as a blob; without a link it answers 404, whatever is stored."""
    folder = os.path.join(storage_path, REPOSITORIES, repository)
    places = (("_manifests", "revisions"), ("_layers",))
    return any(os.path.exists(os.path.join(folder, *place, *digest.split(":"), "link")) for place in places)


def _names(storage_path: str) -> List[str]:
    """Folders that hold something of a repository, if only a first upload; one may lie below another."""
    top = os.path.join(storage_path, REPOSITORIES)
    found = []
    if not os.path.exists(top):
        return []
    for folder, folders, _files in os.walk(top, onerror=_fail):
        if any(name.startswith("_") for name in folders):
            found.append(os.path.relpath(folder, top))
        folders[:] = [name for name in folders if not name.startswith("_")]
    return sorted(found)


def _repository(folder: str, name: str) -> StoredRepository:
    # A push links the manifest, then the tag. So that no tag of one is seen that is not, tags are read first.
    tags = _tags(os.path.join(folder, "_manifests", "tags"))
    linked: Set[str] = set()
    broken: Set[str] = set()
    deleted: Dict[str, int] = {}
    for kind in _entries(os.path.join(folder, "_manifests", "revisions")):
        for entry in _entries(kind.path):
            digest, target = "%s:%s" % (kind.name, entry.name), _target(entry.path)
            if target is not None:
                linked.add(digest)
                # A link that is just being written is empty for an instant.
                if target != digest and _target(entry.path) != digest:
                    broken.add(digest)
            elif is_digest(digest):
                # A manifest that was deleted leaves its folder, without the link, and with the time of that.
                with suppress(FileNotFoundError):
                    deleted[digest] = int(entry.stat().st_mtime)
    return StoredRepository(
        name=name,
        tags=tags,
        linked=frozenset(linked),
        broken=frozenset(broken),
        deleted=deleted,
        uploads=_uploads(os.path.join(folder, "_uploads")),
        aliases=_aliases(os.path.join(folder, "_layers")),
    )


def _tags(folder: str) -> Dict[str, str]:
    found = {}
    for entry in _entries(folder):
        digest = _target(os.path.join(entry.path, "current"))
        if digest is not None and is_digest(digest):
            found[entry.name] = digest
    return found


def _aliases(folder: str) -> Dict[str, str]:
    found = {}
    for kind in _entries(folder):
        if kind.name != CANONICAL:
            for entry in _entries(kind.path):
                target = _target(entry.path)
                if target is not None and is_digest(target):
                    found["%s:%s" % (kind.name, entry.name)] = target
    return found


def _uploads(folder: str) -> Optional[int]:
    """When a part of an unfinished upload came last."""
    newest: Optional[int] = None
    for entry in _entries(folder):
        for name in ("data", "startedat"):
            with suppress(OSError):
                moment = int(os.stat(os.path.join(entry.path, name)).st_mtime)
                newest = moment if newest is None else max(newest, moment)
    return newest


def _target(folder: str) -> Optional[str]:
    """What the link in a folder names, None without one."""
    data = read_capped(os.path.join(folder, "link"), MAX_LINK)
    return None if data is None else data.decode("ascii", "replace").strip()


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Folders in a folder; none where there is no such folder."""
    try:
        with os.scandir(folder) as found:
            yield from [entry for entry in found if entry.is_dir()]
    except FileNotFoundError:
        return
    except OSError as error:
        _fail(error)


def _fail(error: OSError) -> None:
    raise StateError("cannot read %s: %s" % (error.filename, error.strerror or error)) from error
