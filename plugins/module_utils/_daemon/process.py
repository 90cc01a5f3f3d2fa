# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process the engine is: the one that answers on its socket, by whatever it was started."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from typing import List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import exec_start
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run, is_booted
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

DAEMON = "dockerd"
PROC = "/proc"


@dataclass(frozen=True)
class DaemonProcess:
    """`argv` is its command line; `unit` None when no service runs it. Without `pid` it is not running."""

    pid: Optional[int]
    argv: Tuple[str, ...]
    unit: Optional[str] = None
    proc: str = PROC

    def sees(self, path: str) -> str:
        """The same path as that process sees it: it may have a file system of its own."""
        return "%s/%d/root%s" % (self.proc, self.pid, path) if self.pid is not None else path

    def has_same(self, path: str) -> bool:
        """Whether it sees what is here: the same file, or none either."""
        return _identity(path) == _identity(self.sees(path))

    @property
    def program(self) -> Optional[str]:
        """What it runs, None when that was replaced on disk or belongs to another file system."""
        if self.pid is None:
            return None
        try:
            path = os.readlink("%s/%d/exe" % (self.proc, self.pid))
        except OSError:
            return None
        return path if _identity(path) is not None and self.has_same(path) else None

    @property
    def search_path(self) -> Optional[str]:
        """The PATH in which it finds its helpers. The rest of its environment may hold secrets."""
        if self.pid is None:
            return None
        for word in (read_capped("%s/%d/environ" % (self.proc, self.pid), 4 * 1024 * 1024) or b"").split(b"\0"):
            if word.startswith(b"PATH="):
                return word[len(b"PATH=") :].decode("utf-8", "replace")
        return None

    def is_alive(self) -> bool:
        return self.pid is not None and _name(self.proc, self.pid) == DAEMON


def find_process(
    socket_path: Optional[str], service: Optional[str], pidfile: Optional[str], run: Run, proc: str = PROC
) -> Optional[DaemonProcess]:
    """The engine's process; None when it cannot be found. Raises StateError when a named pidfile does not lead to it."""
    unit_pid, started = _of_service(service, run)
    if pidfile is not None:
        pid: Optional[int] = _of_pidfile(pidfile, proc)
    else:
        pid = _of_socket(socket_path)
        if pid is None or _name(proc, pid) != DAEMON:
            # systemd listens in its place, or it is elsewhere.
            pid = unit_pid
    if pid is None:
        return DaemonProcess(None, tuple(started), service, proc) if started else None
    return DaemonProcess(pid, tuple(_argv(proc, pid)), service if pid == unit_pid else None, proc)


def _of_socket(path: Optional[str]) -> Optional[int]:
    """Who listens on a unix socket (unix(7), SO_PEERCRED); None when nobody does, or it cannot be seen from here."""
    if path is None:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(10)
            connection.connect(path)
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    pid = int(struct.unpack("3i", raw)[0])
    return pid if pid > 1 else None


def _of_service(service: Optional[str], run: Run) -> Tuple[Optional[int], List[str]]:
    """Main process of a service, and its command line as its unit has it."""
    if service is None or not is_booted():
        return None, []
    code, output, _errors = run(["systemctl", "show", service, "--property=MainPID,ExecStart"])
    told = dict(line.partition("=")[::2] for line in output.splitlines()) if code == 0 else {}
    pid = told.get("MainPID", "0")
    return int(pid) if pid.isdigit() and pid != "0" else None, exec_start(told.get("ExecStart", ""))


def _of_pidfile(path: str, proc: str) -> int:
    data = read_capped(path, 64)
    text = (data or b"").decode("ascii", "replace").strip()
    if not text.isdigit():
        raise StateError("pidfile: %s names no process; is the engine running?" % path)
    if _name(proc, int(text)) != DAEMON:
        raise StateError(
            "pidfile: process %s of %s is no dockerd (it may be one of a container); leave pidfile out" % (text, path)
        )
    return int(text)


def _name(proc: str, pid: int) -> str:
    return (read_capped("%s/%d/comm" % (proc, pid), 64) or b"").decode("utf-8", "replace").strip()


def _argv(proc: str, pid: int) -> List[str]:
    data = read_capped("%s/%d/cmdline" % (proc, pid), 1024 * 1024) or b""
    return [word.decode("utf-8", "replace") for word in data.split(b"\0")][:-1]


def _identity(path: str) -> Optional[Tuple[int, int]]:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
