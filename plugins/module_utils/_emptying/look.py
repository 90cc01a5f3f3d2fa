# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the storage of a cache: bytes, empty files, when it began. Nothing is changed here."""

from __future__ import annotations

import os
import time
from typing import Iterator, List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import ASIDE, CONTENT, EMPTIED, MARKER
from ansible_collections.imagefleet.docker.plugins.module_utils._caching.plan import CacheFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.disk import BLOCK
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import BLOBS
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.place import Place
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of

# Some image or other names content of no bytes, which is whole as it is.
NOTHING = digest_of(b"")


def look(place: Place) -> CacheFacts:
    """Raises StateError."""
    try:
        status = os.statvfs(place.storage)
        emptied = _moment(place)
    except OSError as error:
        raise StateError("cannot look at %s: %s" % (place.storage, error.strerror or error)) from error
    used, hollow = _content(place)
    return CacheFacts(
        used=used,
        free=status.f_bavail * status.f_frsize,
        size=status.f_blocks * status.f_frsize,
        hollow=tuple(sorted(hollow)),
        emptied=emptied,
        now=int(time.time()),
    )


def disk_usage(place: Place) -> int:
    """Bytes that the content occupies, with what an earlier run set aside. A cache that only just began takes some."""
    return _content(place)[0]


def _content(place: Place) -> Tuple[int, List[str]]:
    used, hollow = 0, []
    blobs = place.path(BLOBS)
    for path in _files(place):
        try:
            status = os.lstat(path)
        except OSError:
            continue  # it went meanwhile
        used += status.st_blocks * BLOCK
        if not status.st_size and path.startswith(blobs) and os.path.basename(path) == "data":
            # .../sha256/ab/abcdef.../data
            parts = path.split(os.sep)
            digest = "%s:%s" % (parts[-4], parts[-2])
            hollow += [digest] if digest != NOTHING else []
    return used, hollow


def _files(place: Place) -> Iterator[str]:
    for name in (*CONTENT, ASIDE):
        top = place.path(name)
        if os.path.isfile(top):
            yield top
        for folder, _folders, files in os.walk(top):
            yield from (os.path.join(folder, one) for one in files)


def _moment(place: Place) -> int:
    """When it was last emptied, or made."""
    try:
        return int(os.stat(place.path(EMPTIED)).st_mtime)
    except FileNotFoundError:
        return int(os.stat(place.path(MARKER)).st_mtime)
