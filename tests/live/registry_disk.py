# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content put onto the disk of a docker-registry, where it lies as if it had been pushed: for much of it, in no time."""

from __future__ import annotations

from pathlib import Path

from own_registry import OwnRegistry
from plain_http import digest
from registry_content import Manifest


def lay(registry: OwnRegistry, repository: str, manifest: Manifest, *tags: str) -> str:
    """A manifest with all that it needs, under these tags or none; returns its digest. The registry may run."""
    root = _root(registry)
    own = root / "repositories" / repository
    for child in manifest.children:
        lay(registry, repository, child)
    for blob in manifest.blobs:
        _blob(root, blob)
        _link(own / "_layers", digest(blob))
    _blob(root, manifest.body)
    _link(own / "_manifests" / "revisions", manifest.digest)
    for tag in tags:
        point(registry, repository, tag, manifest.digest)
    return manifest.digest


def point(registry: OwnRegistry, repository: str, tag: str, found: str) -> None:
    """A tag, whether its manifest is there or not: so it is when a push and a deletion of the same manifest cross."""
    place = _root(registry) / "repositories" / repository / "_manifests" / "tags" / tag
    _link(place / "index", found)
    _write(place / "current" / "link", found.encode())


def _root(registry: OwnRegistry) -> Path:
    return registry.server.data / "docker" / "registry" / "v2"


def _blob(root: Path, data: bytes) -> None:
    name = digest(data).partition(":")[2]
    path = root / "blobs" / "sha256" / name[:2] / name / "data"
    if not path.exists():
        _write(path, data)


def _link(folder: Path, found: str) -> None:
    _write(folder / found.replace(":", "/") / "link", found.encode())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
