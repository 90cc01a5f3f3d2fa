# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single files of an image out of its layers: a later layer replaces, and removes by whiteouts (image-spec, layer.md)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

FILE, FOLDER, LINK, HARD_LINK, OTHER = "file", "folder", "link", "hard link", "other"
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_MAX_LINKS = 16


@dataclass(frozen=True)
class Entry:
    """One entry of a layer: `path` as normal() writes it; `target` of links; `data` of files that are wanted."""

    path: str
    kind: str
    data: bytes = b""
    target: str = ""


@dataclass(frozen=True)
class Wanted:
    """`files` by path, and everything directly in `folders`."""

    files: Tuple[str, ...]
    folders: Tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the content of this path is wanted."""
        return path in self.files or posixpath.dirname(path) in self.folders

    def concerns(self, path: str) -> bool:
        """Whether an entry of this path can change what is found: it is wanted, or a folder on the way, or removes such."""
        folder, name = posixpath.split(path)
        if name.startswith(WHITEOUT):
            path = folder if name == OPAQUE else posixpath.join(folder, name[len(WHITEOUT) :])
        return self.holds(path) or any(
            one == path or one.startswith(path + "/") or not path for one in (*self.files, *self.folders)
        )


def normal(name: str) -> str:
    """`etc/passwd` of `./etc/passwd`, `/etc/passwd` and the like; nothing leads out of the image."""
    return posixpath.normpath("/" + name).lstrip("/")


def overlay(layers: Iterable[Sequence[Entry]]) -> Dict[str, Entry]:
    """What is there in the end, by path; the layers from the bottom. Hard links are files already."""
    found: Dict[str, Entry] = {}
    for layer in layers:
        # Whiteouts hide what is below, never what stands in the same layer, wherever in it they stand.
        for entry in layer:
            folder, name = posixpath.split(entry.path)
            if name == OPAQUE:
                _remove_below(found, folder)
            elif name.startswith(WHITEOUT):
                _remove(found, posixpath.join(folder, name[len(WHITEOUT) :]))
        for entry in layer:
            if posixpath.basename(entry.path).startswith(WHITEOUT):
                continue
            before = found.get(entry.path)
            if entry.kind != FOLDER or (before is not None and before.kind != FOLDER):
                _remove(found, entry.path)
            found[entry.path] = entry
    return found


def content(found: Mapping[str, Entry], path: str) -> Optional[bytes]:
    """The bytes of a file, through symbolic links; None when it is not there, or a link leads to what was not read."""
    resolved = _resolve(found, path)
    entry = found.get(resolved) if resolved is not None else None
    return entry.data if entry is not None and entry.kind == FILE else None


def listed(found: Mapping[str, Entry], folder: str) -> List[str]:
    """Paths of the files directly in a folder, sorted."""
    return sorted(path for path, entry in found.items() if posixpath.dirname(path) == folder and entry.kind == FILE)


def _resolve(found: Mapping[str, Entry], path: str) -> Optional[str]:
    for _step in range(_MAX_LINKS):
        entry = found.get(path)
        if entry is None or entry.kind != LINK:
            return path
        path = normal(
            entry.target if entry.target.startswith("/") else posixpath.join(posixpath.dirname(path), entry.target)
        )
    return None


def _remove(found: Dict[str, Entry], path: str) -> None:
    found.pop(path, None)
    _remove_below(found, path)


def _remove_below(found: Dict[str, Entry], folder: str) -> None:
    for path in [one for one in found if one.startswith(folder + "/") or not folder]:
        del found[path]
