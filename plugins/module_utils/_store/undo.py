# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undo of deletions in a registry: the bytes of every manifest and the tags that pointed at it, on disk before they go (S7)."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic
from ansible_collections.imagefleet.docker.plugins.module_utils._store.journal import (
    append_entries,
    list_folder,
    parse_entries,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import (
    file_name,
    is_run_id,
    moment_of,
    new_run_id,
)

DEFAULT_UNDO_DIR = "/var/lib/imagefleet/undo"
MAX_MANIFEST = 16 * 1024 * 1024
MAX_JOURNAL = 512 * 1024 * 1024
# After so many seconds an undo is of no use any more: its content will have been collected.
LIFE = 90 * 86400


@dataclass(frozen=True)
class UndoEntry:
    """One manifest of a repository. `tags` pointed at it; `whole` is false when only the tags were deleted.

    Entries stand in the order in which they were deleted.
    """

    repository: str
    digest: str
    media_type: str
    tags: Tuple[str, ...]
    whole: bool = True


class UndoWriter:
    """Undo of one run. Made when the first entry is written, so that a run without deletions leaves nothing."""

    def __init__(self, undo_dir: str, registry: str, now: int) -> None:
        self.run_id = new_run_id(now)
        self._parent = os.path.join(undo_dir, file_name(registry))
        self._folder = os.path.join(self._parent, self.run_id)
        self._entries: List[UndoEntry] = []
        self._content: Dict[str, bytes] = {}

    @property
    def used(self) -> bool:
        return bool(self._entries)

    def add(self, entries: Sequence[UndoEntry], content: Mapping[str, bytes]) -> None:
        """Write before deleting: when this returns, bytes and tags are on disk. Raises StateError."""
        if not entries:
            return
        for digest, data in content.items():
            if digest not in self._content:
                write_atomic(os.path.join(self._folder, "manifests", digest.rpartition(":")[2]), data)
                self._content[digest] = data
        append_entries(os.path.join(self._folder, "journal"), map(asdict, entries), "nothing of it was deleted")
        self._entries += entries

    def content(self, digest: str) -> Optional[bytes]:
        """The bytes of a manifest that this run deleted."""
        return self._content.get(digest)

    def entry(self, repository: str, digest: str) -> Optional[UndoEntry]:
        for entry in self._entries:
            if (entry.repository, entry.digest) == (repository, digest):
                return entry
        return None


def undo_runs(undo_dir: str, registry: str) -> List[str]:
    """Ids of the runs that can be undone, oldest first."""
    return sorted(name for name in list_folder(os.path.join(undo_dir, file_name(registry))) if is_run_id(name))


def read_undo(undo_dir: str, registry: str, run_id: str) -> List[UndoEntry]:
    """The journal of a run; a last line that a crash tore is left out, since nothing was deleted by it. Raises StateError."""
    path = os.path.join(undo_dir, file_name(registry), run_id, "journal")
    data = read_capped(path, MAX_JOURNAL) if is_run_id(run_id) else None
    if data is None:
        known = undo_runs(undo_dir, registry)
        raise StateError(
            "there is no undo of run %r for %s in %s; there is: %s"
            % (run_id, registry, undo_dir, ", ".join(known[-5:]) or "none")
        )
    return parse_entries(path, data, _entry)


def read_content(undo_dir: str, registry: str, run_id: str, digest: str) -> Optional[bytes]:
    """The bytes of a manifest; None when they are gone or damaged."""
    path = os.path.join(undo_dir, file_name(registry), run_id, "manifests", digest.rpartition(":")[2])
    data = read_capped(path, MAX_MANIFEST)
    return data if data is not None and digest_of(data) == digest else None


def newest_undo(undo_dir: str, registry: str) -> Optional[int]:
    """When the last run with deletions began, epoch seconds; None without one."""
    runs = undo_runs(undo_dir, registry)
    return moment_of(runs[-1]) if runs else None


def forget_old(undo_dir: str, registry: str, now: int) -> None:
    """Remove runs that are of no use any more."""
    for run_id in undo_runs(undo_dir, registry):
        if now - moment_of(run_id) > LIFE:
            shutil.rmtree(os.path.join(undo_dir, file_name(registry), run_id), ignore_errors=True)


def _entry(document: Mapping[str, Any]) -> UndoEntry:
    return UndoEntry(
        repository=str(document["repository"]),
        digest=str(document["digest"]),
        media_type=str(document["media_type"]),
        tags=tuple(str(tag) for tag in document["tags"]),
        whole=bool(document["whole"]),
    )
