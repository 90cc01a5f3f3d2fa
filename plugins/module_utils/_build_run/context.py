# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of a folder as a build sees it: paths, kinds, permissions and contents, without what .dockerignore leaves out."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Iterator, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.ignore import Ignored, Matches, parse_ignore
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAXIMUM_TEXT = 4 * 1024 * 1024
_PIECE = 1024 * 1024


def read_dockerfile(path: str) -> str:
    """Raises PolicyError when it is not there."""
    data = read_capped(path, MAXIMUM_TEXT)
    if data is None:
        raise PolicyError("dockerfile: there is no %s on this host" % path)
    return data.decode("utf-8", "replace")


def read_ignore(context: str, dockerfile: Optional[str] = None) -> Ignored:
    """The file beside the Dockerfile that is named after it, else the .dockerignore of the context. Raises PolicyError.

    Further contexts, which have no Dockerfile, have only the latter.
    """
    own = [dockerfile + ".dockerignore"] if dockerfile is not None else []
    for path in (*own, os.path.join(context, ".dockerignore")):
        data = read_capped(path, MAXIMUM_TEXT)
        if data is not None:
            return parse_ignore(path, data.decode("utf-8", "replace"))
    return parse_ignore("", "")


def digest_of_folder(folder: str, ignored: Ignored, without: str = "") -> str:
    """`without` is a path that counts elsewhere. Raises PolicyError when it is no folder, StateError for a file that cannot be read."""
    if not os.path.isdir(folder):
        raise PolicyError("%s is no folder on this host" % folder)
    total = hashlib.sha256()
    try:
        for path, status in files_in(folder, ignored):
            if path == without:
                continue
            total.update(
                ("%s\0%o\0%s\n" % (path, status.st_mode, _content(folder, path, status))).encode(
                    "utf-8", "surrogateescape"
                )
            )
    except OSError as error:
        raise StateError("cannot read %s of the context: %s" % (error.filename, error.strerror or error)) from error
    return "sha256:" + total.hexdigest()


def files_in(
    folder: str, ignored: Ignored, below: str = "", above: Optional[Matches] = None
) -> Iterator[Tuple[str, os.stat_result]]:
    """Paths with slashes, in an order that does not depend on the file system. A symbolic link is one, wherever it leads."""
    with os.scandir(os.path.join(folder, below)) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        path = below + "/" + name if below else name
        status = os.lstat(os.path.join(folder, path))
        left_out, matches = ignored.look(path, ignored.top if above is None else above)
        if not left_out:
            yield path, status
        if stat.S_ISDIR(status.st_mode) and (not left_out or ignored.has_exceptions):
            yield from files_in(folder, ignored, path, matches)


def _content(folder: str, path: str, status: os.stat_result) -> Optional[str]:
    whole = os.path.join(folder, path)
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(whole)
    if not stat.S_ISREG(status.st_mode):
        return None
    total = hashlib.sha256()
    with open(whole, "rb") as stream:
        for piece in iter(lambda: stream.read(_PIECE), b""):
            total.update(piece)
    return total.hexdigest()
