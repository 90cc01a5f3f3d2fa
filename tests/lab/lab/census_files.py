# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the machine as the census sees them: path -> mode, owner, size and time."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from typing import Callable, Collection

from .paths import Instance, cache_root, lab_root

#: Whole trees are looked at here ...
TREES = ("/etc", "/opt", "/root", "/run", "/usr", "/var/lib")
#: ... and only the entries themselves here: what lies inside an older folder belongs to whoever made that folder.
TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")
#: Below these folders files come and go by themselves, so only new ones say something about the lab.
RESTLESS = ("/root/", "/run/", *TEMPORARY)
#: Caches and build results, which any program may refresh at any time.
_CACHES = (
    *("__pycache__", ".cache", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build"),
    *("pytest-of-*", "ansible-*", "ansible.*", ".ansible"),
)


def matcher(patterns: Collection[str]) -> Callable[[str], bool]:
    """A function that says whether a text matches one of the shell patterns."""
    if not patterns:
        return lambda text: False
    compiled = re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))
    return lambda text: compiled.match(text) is not None


def has_others(folder: str, instance: Instance) -> bool:
    """Whether a folder that instances share has a folder of another instance in it."""
    return any(
        entry.is_dir(follow_symlinks=False) and entry.name != instance.name and not entry.name.startswith(".")
        for entry in _entries(folder)
    )


class Files:
    """Files seen for one instance: those of other instances and of the cache are left out."""

    def __init__(self, instance: Instance, ignore: Collection[str] = ()) -> None:
        self._instance = instance
        self._root = str(lab_root())
        self._ignored = matcher([*ignore, str(cache_root())])
        self._cache_name = matcher(_CACHES)
        self._found: dict[str, str] = {}

    def collect(self) -> dict[str, str]:
        self._found = {}
        for top in TREES:
            self._walk(top)
        for top in TEMPORARY:
            for entry in _entries(top):
                if not self._skipped(entry):
                    self._found[entry.path] = "folder" if entry.is_dir(follow_symlinks=False) else "file"
        self._walk(self._root)
        return self._found

    def of_another_instance(self, path: str) -> bool:
        """Whether a path lies in the folder of another instance."""
        if not path.startswith(self._root + "/"):
            return False
        first = path[len(self._root) + 1 :].split("/")[0]
        return first != self._instance.name and not first.startswith(".")

    def _walk(self, top: str) -> None:
        todo = [top]
        while todo:
            for entry in _entries(todo.pop()):
                if self._skipped(entry):
                    continue
                try:
                    data = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # gone since it was listed
                self._found[entry.path] = _appearance(data)
                if stat.S_ISDIR(data.st_mode):
                    todo.append(entry.path)

    def _skipped(self, entry: os.DirEntry[str]) -> bool:
        if self._cache_name(entry.name) or self._ignored(entry.path):
            return True
        if not entry.path.startswith(self._root):
            return False
        if entry.path in (self._root, self._root + "/.lock"):  # shared by all instances
            return has_others(self._root, self._instance)
        return self.of_another_instance(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _appearance(data: os.stat_result) -> str:
    """Size and time of a regular file; a folder's time changes with every temporary file in it and says nothing."""
    text = "mode %o, owner %d:%d" % (data.st_mode, data.st_uid, data.st_gid)
    if stat.S_ISREG(data.st_mode) or stat.S_ISLNK(data.st_mode):
        text += ", %d bytes of time %d" % (data.st_size, data.st_mtime_ns)
    return text
