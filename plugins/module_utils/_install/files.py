# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, links and their absence as they are wanted, compared with what is there."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence, Union

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

MAXIMUM_BYTES = 64 * 1024 * 1024
Show = Callable[[bytes], str]


def as_text(data: bytes) -> str:
    """How a file is shown in a diff unless it says otherwise."""
    return data.decode("utf-8", "replace")


def as_digest(data: bytes) -> str:
    """For files too large or too private for a diff."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}\n"


@dataclass(frozen=True)
class File:
    """A file owned by the running user. `data` may be missing in check mode, then `sha256` (hex) stands for it."""

    path: str
    data: Optional[bytes]
    mode: int = 0o644
    show: Show = as_text
    sha256: Optional[str] = None

    @property
    def digest(self) -> str:
        return self.sha256 or hashlib.sha256(self.data or b"").hexdigest()


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    path: str
    target: str


@dataclass(frozen=True)
class Absent:
    """No file or link here; with `folder` an empty folder that is to go."""

    path: str
    show: Show = as_digest
    folder: bool = False


Wanted = Union[File, Link, Absent]


@dataclass(frozen=True)
class Change:
    """What differs, as a diff shows it."""

    wanted: Wanted
    before: str
    after: str


def find_changes(wanted: Sequence[Wanted], root: str = "") -> List[Change]:
    """What has to be done, in the order given. `root` is put before every path. Raises StateError."""
    found = (_change(item, root) for item in wanted)
    return [change for change in found if change is not None]


def apply_change(change: Change, root: str = "") -> None:
    """Raises StateError."""
    wanted = change.wanted
    path = root + wanted.path
    if isinstance(wanted, File):
        if wanted.data is None:
            raise StateError(f"cannot write {path}: its content was not sent")
        write_atomic(path, wanted.data, wanted.mode)
        return
    try:
        if isinstance(wanted, Link):
            _replace_link(path, wanted.target)
        elif wanted.folder:
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError as error:
        raise StateError(f"cannot change {path}: {error.strerror or error}") from error


def _change(wanted: Wanted, root: str) -> Optional[Change]:
    path = root + wanted.path
    status = _status(path)
    if isinstance(wanted, Absent):
        return None if status is None else Change(wanted, _shown(path, status, wanted.show), "")
    if isinstance(wanted, Link):
        if status is not None and stat.S_ISLNK(status.st_mode) and os.readlink(path) == wanted.target:
            return None
        return Change(wanted, _shown(path, status, as_digest), f"-> {wanted.target}\n")
    data = read_capped(path, MAXIMUM_BYTES) if status is not None and stat.S_ISREG(status.st_mode) else None
    same = data is not None and hashlib.sha256(data).hexdigest() == wanted.digest
    if same and status is not None and stat.S_IMODE(status.st_mode) == wanted.mode and status.st_uid == os.geteuid():
        return None
    before = _shown(path, status, wanted.show)
    after = wanted.show(wanted.data) if wanted.data is not None else f"sha256:{wanted.digest}\n"
    if same:
        before = f"mode {stat.S_IMODE(status.st_mode):04o}, owner {status.st_uid}\n" if status is not None else ""
        after = f"mode {wanted.mode:04o}, owner {os.geteuid()}\n"
    return Change(wanted, before, after)


def _status(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StateError(f"cannot look at {path}: {error.strerror or error}; run as root (become: true)") from error


def _shown(path: str, status: Optional[os.stat_result], show: Show) -> str:
    if status is None:
        return ""
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(path)}\n"
    if not stat.S_ISREG(status.st_mode):
        raise StateError(f"{path} is neither a file nor a link; move it away")
    return show(read_capped(path, MAXIMUM_BYTES) or b"")


def _replace_link(path: str, target: str) -> None:
    """Atomic, like files: a schedule that fires meanwhile finds the old or the new link."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
    if os.path.lexists(temporary):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)
