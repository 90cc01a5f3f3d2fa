# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts and control groups of an instance: finding and removing them."""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress
from pathlib import Path

from .commands import wait_until
from .errors import LabError

_LIBC = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH = 2
# What lets a frozen control group go on: version 1, version 2.
_THAWED = {"freezer.state": "THAWED", "cgroup.freeze": "0"}


def mount_points(text: str | None = None) -> list[str]:
    """All mount points in the order of mounting, with octal escapes resolved."""
    lines = (Path("/proc/self/mountinfo").read_text() if text is None else text).splitlines()
    return [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split(" ")[4]) for line in lines]


def unmount_below(root: Path) -> int:
    """Unmount everything at or below a directory, newest first; returns how many mounts."""
    prefix = str(root) + "/"
    points = [point for point in mount_points() if point == str(root) or point.startswith(prefix)]
    for point in reversed(points):
        if _LIBC.umount2(os.fsencode(point), _MNT_DETACH) != 0:
            number = ctypes.get_errno()
            raise LabError("cannot unmount %s: %s" % (point, os.strerror(number)))
    return len(points)


def hierarchies() -> list[Path]:
    """Roots of all control group hierarchies (one per controller on version 1)."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        if after.split(" ")[0] in ("cgroup", "cgroup2"):
            found.append(Path(before.split(" ")[4]))
    return found


def thaw(cgroup: str) -> None:
    """Let the processes of paused containers go on: frozen ones do not even die of SIGKILL (control groups version 1)."""
    for hierarchy in hierarchies():
        # os.walk passes over groups that go while it walks.
        for folder, _children, files in os.walk(hierarchy / cgroup.lstrip("/")):
            for name in set(files) & set(_THAWED):
                _write_quietly(Path(folder, name), _THAWED[name])


def _write_quietly(path: Path, text: str) -> None:
    with suppress(OSError):  # the group may go at this moment
        path.write_text(text)


def remove_cgroups(cgroup: str) -> int:
    """Remove an (emptied) control group and all below it in every hierarchy; returns how many."""
    count = 0
    for hierarchy in hierarchies():
        top = hierarchy / cgroup.lstrip("/")
        if not top.is_dir():
            continue
        for folder, _children, _files in os.walk(top, topdown=False):
            wait_until("control group %s cannot be removed" % folder, lambda path=folder: _rmdir(path), 10)
            count += 1
        parent = top.parent
        if parent != hierarchy:
            _rmdir(str(parent))  # the lab's common group, once the last instance is gone
    return count


def _rmdir(path: str) -> bool:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
