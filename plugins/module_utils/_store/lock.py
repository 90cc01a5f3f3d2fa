# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that cleanup runs, and deploy tools from pull to create, hold on a host (S9)."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Iterator, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, StateError

LOCK_FILE = "/run/lock/imagefleet.lock"


@contextmanager
def exclusive_lock(path: str = LOCK_FILE, others: str = "another cleanup or a deployment") -> Iterator[None]:
    """Hold `path` with flock(2), which the kernel releases however the holder ends. `others` are who else may hold it.

    The file stays (removing it would let two holders lock two different files of one name) and names its holder while
    it is held. Raises LockedError at once when someone else holds it, StateError when it cannot be opened.
    """
    handle = _open(path)
    try:
        _acquire(handle, path, others)
        note = f"{os.getpid()} {datetime.now(timezone.utc).isoformat(timespec='seconds')}\n"
        os.ftruncate(handle, 0)
        os.pwrite(handle, note.encode("ascii"), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _open(path: str) -> int:
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o755, exist_ok=True)
        # The usual folder is writable for every user: a planted link must not be followed.
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StateError(
            f"cannot open the lock file {path}: {error.strerror or error}; it must be a plain file this user may write"
        ) from error


def _acquire(handle: int, path: str, others: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise StateError(f"cannot lock {path}: {error.strerror or error}") from error
        raise LockedError(
            f"lock {path} is held by {_holder(handle)}; {others} is at work. Nothing was done, "
            f"run again when it has finished"
        ) from error


def _holder(handle: int) -> str:
    """Who holds the lock, in plain words: the kernel's own list first, the file's note where it agrees."""
    pid = _pid_from_kernel(handle)
    noted_pid, _space, since = os.pread(handle, 200, 0).decode("ascii", "replace").strip().partition(" ")
    if noted_pid.isdigit() and since and pid in (None, int(noted_pid)):
        return f"process {noted_pid} since {since}"
    return "another process" if pid is None else f"process {pid}"


def _pid_from_kernel(handle: int) -> Optional[int]:
    """The holder by /proc/locks: a killed run's note must not be blamed on the tool that holds the lock now."""
    inode = str(os.fstat(handle).st_ino)
    try:
        with open("/proc/locks", encoding="ascii") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        # "1: FLOCK ADVISORY WRITE 708 00:19:1234 0 EOF"; waiters have "->" as second field.
        if len(fields) >= 6 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode and int(fields[4]) > 0:
            return int(fields[4])
    return None
