# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content that never changes, kept on disk by digest: bounded, verified when read, safe for several runs at once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of

MAX_BYTES = 256 * 1024 * 1024
# After tidying, so that not every write tidies.
LOW_WATER = 0.8
# The folder is measured again after this much was written by one run.
MEASURE_EVERY = 16 * 1024 * 1024
KINDS = ("content", "facts")
_PREFIX = "sha256:"


class ContentCache:
    """Without `folder` nothing is cached. A cache never fails a run: what cannot be read or written is as good as absent."""

    def __init__(self, folder: Optional[str], max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder or None
        self._max_bytes = max_bytes
        self._written = MEASURE_EVERY

    def get(self, digest: str) -> Optional[bytes]:
        """The content, verified; damaged content is removed and counts as absent."""
        path = self._path(digest)
        data = _read(path)
        if path is None or data is None:
            return None
        if digest_of(data) != digest:
            _remove(path)
            return None
        return data

    def put(self, digest: str, data: bytes) -> None:
        """Remember content whose digest was verified."""
        self._write(self._path(digest), data)

    def _write(self, path: Optional[str], data: bytes) -> None:
        if path is None or os.path.exists(path):
            return
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        except OSError:
            return
        try:
            # Torn content is found out when it is read, so nothing needs to be synced.
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.replace(temporary, path)
        except OSError:
            _remove(temporary)
            return
        self._written += len(data)
        if self._written >= MEASURE_EVERY:
            self._written = 0
            self._tidy()

    def get_facts(self, digest: str) -> Optional[bytes]:
        """What was learnt from content that is itself not kept."""
        path = self._path(digest, "facts")
        data = _read(path)
        if path is None or data is None:
            return None
        name, _line, facts = data.partition(b"\n")
        if digest_of(facts).encode("ascii") != name:
            _remove(path)
            return None
        return facts

    def put_facts(self, digest: str, facts: bytes) -> None:
        """Remember what was learnt; its own digest is written before it, so that damage is found out."""
        self._write(self._path(digest, "facts"), digest_of(facts).encode("ascii") + b"\n" + facts)

    def _path(self, digest: str, kind: str = "content") -> Optional[str]:
        if self._folder is None or not digest.startswith(_PREFIX):
            return None
        name = digest[len(_PREFIX) :]
        return os.path.join(self._folder, kind, name[:2], name)

    def _tidy(self) -> None:
        """Remove what was used longest ago when there is more than the bound; others may do so at the same time."""
        entries: List[Tuple[float, int, str]] = []
        for kind in KINDS:
            for path in _files(os.path.join(str(self._folder), kind)):
                with contextlib.suppress(OSError):
                    status = os.stat(path)
                    entries.append((status.st_mtime, status.st_size, path))
        total = sum(size for _time, size, _path in entries)
        if total <= self._max_bytes:
            return
        for _time, size, path in sorted(entries):
            if total <= self._max_bytes * LOW_WATER:
                return
            _remove(path)
            total -= size


def _read(path: Optional[str]) -> Optional[bytes]:
    """The bytes, and the time of the last use."""
    if path is None:
        return None
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        os.utime(path)
        return data
    except OSError:
        return None


def _files(folder: str) -> Iterator[str]:
    for parent, _folders, names in os.walk(folder):
        yield from (os.path.join(parent, name) for name in names)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
