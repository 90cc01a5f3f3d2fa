# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a client as they are and as they shall be: compared, saved aside, replaced at once, put back."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

MAXIMUM_BYTES = 16 * 1024 * 1024
#: Files that have a folder for their host.
OWN_FOLDER = ("hosts.toml", "ca.crt")
CREATED, UPDATED, REMOVED, UNCHANGED = "created", "updated", "removed", "unchanged"


@dataclass(frozen=True)
class Change:
    """One file. `before` and `after` None: it is not there. `path` is where it really lies, no link."""

    path: str
    client: str
    before: Optional[bytes]
    after: Optional[bytes]

    @property
    def action(self) -> str:
        if self.before == self.after:
            return UNCHANGED
        if self.after is None:
            return REMOVED
        return CREATED if self.before is None else UPDATED

    def as_row(self) -> Dict[str, str]:
        return {"path": self.path, "client": self.client, "action": self.action}

    def as_diff(self) -> Dict[str, str]:
        return {
            "before_header": self.path,
            "after_header": self.path,
            "before": _text(self.before),
            "after": _text(self.after),
        }


def read_file(path: str) -> Optional[bytes]:
    """None when it is not there. Raises StateError, also for what is no file."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StateError(
            "cannot look at %s: %s; run as root (become: true)" % (path, error.strerror or error)
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise StateError("%s is not a file; move it away" % path)
    return read_capped(path, MAXIMUM_BYTES)


def apply_change(change: Change) -> None:
    """Raises StateError. Mode and owner of a file that is there are kept; a folder that is left empty goes.

    An empty folder may not stay: it would hide another one in which a client looks later.
    """
    if change.after is None:
        _unlink(change.path)
        return
    try:
        status: Optional[os.stat_result] = os.stat(change.path)
    except OSError:
        status = None
    if status is None:
        write_atomic(change.path, change.after, 0o644)
    else:
        write_atomic(change.path, change.after, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))


def undo_change(change: Change) -> None:
    """As it was before. Raises StateError."""
    apply_change(Change(change.path, change.client, change.after, change.before))


def save_aside(change: Change, now: float) -> str:
    """A copy beside the file, with its mode and owner; its path. Raises StateError."""
    stamp = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime(now))
    copy = "%s.%d.%s~" % (change.path, os.getpid(), stamp)
    status = os.stat(change.path)
    write_atomic(copy, change.before or b"", stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))
    return copy


def folders_in(folder: str) -> List[str]:
    """Names of the folders in a folder, none when it is not there. Raises StateError."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StateError(
            "cannot look into %s: %s; run as root (become: true)" % (folder, error.strerror or error)
        ) from error


def existing_folder(root: str, names: Sequence[str]) -> str:
    """The folder that clients take: the first of these that exists, else the last, which is to be made."""
    for name in names:
        if os.path.isdir(os.path.join(root, name)):
            return os.path.join(root, name)
    return os.path.join(root, names[-1])


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StateError("cannot remove %s: %s" % (path, error.strerror or error)) from error
    folder = os.path.dirname(path)
    try:
        if os.path.basename(path) in OWN_FOLDER and not os.listdir(folder):
            os.rmdir(folder)
    except OSError as error:
        raise StateError("cannot remove %s: %s" % (folder, error.strerror or error)) from error


def _text(data: Optional[bytes]) -> str:
    return "" if data is None else data.decode("utf-8", "replace")
