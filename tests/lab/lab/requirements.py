# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine itself must have: all that is missing is named in one message, before anything starts."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from .commands import run
from .errors import LabError
from .paths import lab_root

#: program -> Debian package that brings it
_PROGRAMS = {
    "apt-get": "apt",
    "apt-config": "apt",
    "dpkg-deb": "dpkg",
    "perl": "perl",
    "/usr/bin/python3": "python3",
    "gpgv": "gpgv",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "openssl": "openssl",
}
_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21
_FREE_BYTES = 8 * 10**9


def check() -> None:
    """LabError listing everything that is missing, each with how to get it."""
    missing = [problem for problem in _problems() if problem]
    if missing:
        raise LabError("this machine cannot run the lab:\n  - " + "\n  - ".join(missing))


def missing_packages() -> list[str]:
    """Debian packages of the programs that this machine lacks; none of them brings a daemon."""
    return sorted({package for name, package in _PROGRAMS.items() if not shutil.which(name)})


def _problems() -> list[str]:
    found = []
    if sys.platform != "linux" or platform.machine() != "x86_64":
        found.append("Linux on x86_64 is needed, this is %s on %s" % (sys.platform, platform.machine()))
    if os.geteuid() != 0:
        found.append("root is needed (mounts, control groups): run it with sudo or in a virtual machine")
        return found
    lacking = missing_packages()
    if lacking:
        found.append("programs are missing: apt-get install " + " ".join(lacking))
    capabilities = int(_field("/proc/self/status", "CapEff"), 16)
    for number, name in ((_CAP_SYS_ADMIN, "CAP_SYS_ADMIN"), (_CAP_NET_ADMIN, "CAP_NET_ADMIN")):
        if not capabilities >> number & 1:
            found.append("%s is needed: start this container or machine with it (docker run --cap-add)" % name)
    if "overlay" not in Path("/proc/filesystems").read_text().split():
        found.append("the kernel has no overlay file system: modprobe overlay")
    if not any(Path("/sys/fs/cgroup").iterdir()):
        found.append(
            "no control groups below /sys/fs/cgroup: mount them (systemd does; in a container: --cgroupns host)"
        )
    if not found:
        found += _disk_problems()
    return found


def _disk_problems() -> list[str]:
    root = lab_root()
    root.mkdir(parents=True, exist_ok=True)
    free = os.statvfs(root).f_bavail * os.statvfs(root).f_frsize
    found = []
    if free < _FREE_BYTES:
        found.append("%s has %.1f GB free, 8 are needed: set IMAGEFLEET_LAB_ROOT elsewhere" % (root, free / 10**9))
    script = 'cd "$1"; mkdir l u w m; mount -t overlay lab -o lowerdir=l,upperdir=u,workdir=w m'
    probe = root / (".probe-%d" % os.getpid())
    probe.mkdir()
    try:
        words = ["unshare", "--mount", "--propagation=private", "sh", "-euc", script, "probe", probe]
        done = run(words, check=False)
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()
        found.append("overlay mounts fail below %s (%s): set IMAGEFLEET_LAB_ROOT to ext4 or xfs" % (root, why))
    return found


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].strip()
    raise LabError("%s has no field %s" % (path, name))
