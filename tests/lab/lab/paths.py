# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are: the cache shared by all instances, and the directory of one instance."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

#: Set in the environment of every process that an instance starts; its value is the instance's directory.
MARKER = "IMAGEFLEET_LAB_INSTANCE"
#: First part of every control group path of the lab.
CGROUP_ROOT = "imagefleet-lab"

# A unix socket path holds at most 107 characters. The longest one is that of an engine's containerd debug socket:
# ROOT/NAME/engines/ENGINE/exec/containerd/containerd-debug.sock
_LONGEST_BELOW_INSTANCE = len("/engines/engine-name-20/exec/containerd/containerd-debug.sock")
_SOCKET_LIMIT = 107


def lab_root() -> Path:
    """Directory of all instances: IMAGEFLEET_LAB_ROOT or /var/tmp/imagefleet-lab."""
    return Path(os.environ.get("IMAGEFLEET_LAB_ROOT") or "/var/tmp/imagefleet-lab")


def cache_root() -> Path:
    """Directory of downloads: IMAGEFLEET_LAB_CACHE, else imagefleet-lab below the user's cache directory."""
    chosen = os.environ.get("IMAGEFLEET_LAB_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "imagefleet-lab"


def cgroup_of(root: Path) -> str:
    """Control group of what lies in this directory, as an absolute path. Labs of one name in two places have one each, or to take
    one down would end the other."""
    place = hashlib.sha256(os.fsencode(os.path.abspath(root))).hexdigest()[:8]
    return "/%s/%s-%s" % (CGROUP_ROOT, root.name, place)


@dataclass(frozen=True)
class Cache:
    """Downloaded packages, unpacked programs and root file systems."""

    root: Path

    def tools(self, suite: str) -> Path:
        """Programs unpacked from the packages of one Debian suite."""
        return self.root / "tools" / suite

    def rootfs(self, name: str) -> Path:
        """Archive of one root file system."""
        return self.root / "rootfs" / (name + ".tar")

    @property
    def versions(self) -> Path:
        return self.root / "versions.json"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"


@dataclass(frozen=True)
class Instance:
    """One lab: its name and its directory."""

    name: str
    root: Path

    @property
    def state_file(self) -> Path:
        return self.root / "state.json"

    @property
    def lab_file(self) -> Path:
        return self.root / "lab.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def cgroup(self) -> str:
        """Control group below which everything of this instance runs, as an absolute path."""
        return cgroup_of(self.root)

    def engine(self, name: str) -> Path:
        return self.root / "engines" / name

    @property
    def docker_config(self) -> Path:
        """DOCKER_CONFIG for every call of the private command line."""
        return self.root / "docker-config"


def instance(name: str) -> Instance:
    """The instance of that name; LabError if the name cannot be used for paths and control groups."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", name):
        raise LabError("instance name %r: use 1 to 20 of a-z, 0-9 and '-', starting with a letter" % name)
    root = lab_root() / name
    if len(str(root)) + _LONGEST_BELOW_INSTANCE > _SOCKET_LIMIT:
        raise LabError(
            "%s is too long: unix socket paths below it would exceed %d characters; "
            "set IMAGEFLEET_LAB_ROOT to a shorter directory" % (root, _SOCKET_LIMIT)
        )
    return Instance(name, root)


def cache() -> Cache:
    return Cache(cache_root())
