# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines made of containers: root file systems as images of the carrier engine, and containers of them.

The carrier is a private overlay2 engine that carries the newest engine and the fleet, so that the engines under test
see none of these containers. No container is privileged and none has a network of its own.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Mapping

from .engine import Engine
from .paths import Cache, Instance
from .prepare import versions
from .tools import Docker

#: What a daemon or an init system in a container needs, without --privileged (which needs SYS_RESOURCE outside).
_RIGHTS = [
    "--network=host",
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
]


class Carrier:
    """The carrier engine of an instance."""

    def __init__(self, instance: Instance, store: Cache) -> None:
        self.engine = Engine("overlay2", instance.engine("carrier"), store=store)
        self.docker = Docker(store, instance, self.engine.docker_host)
        self._store = store

    def start(self) -> "Carrier":
        self.engine.start()
        return self

    def ensure_image(self, rootfs: str) -> str:
        """Import a cached root file system unless this very one is there; returns the image's name."""
        recipe = versions(self._store)["rootfs"][rootfs]["recipe"]
        image = "lab/%s:%s" % (rootfs, recipe)
        if not self.docker("images", "--quiet", image):
            self.docker("import", self._store.rootfs(rootfs), image)
        return image

    def running(self, name: str) -> bool:
        found = self.docker("ps", "--quiet", "--filter", "name=^/%s$" % name)
        return bool(found)

    def run_machine(
        self, name: str, image: str, options: list[str], command: list[str], files: Mapping[str, tuple[bytes, int]]
    ) -> None:
        """Create a container, put files into it and start it; one that already runs is left as it is.

        A container that exists but does not run is the rest of an interrupted `up` and is made anew.
        """
        if self.running(name):
            return
        self.docker("rm", "--force", "--volumes", name, check=False)
        self.docker("create", "--name", name, "--hostname", name, *_RIGHTS, *options, image, *command)
        if files:
            self.docker("cp", "-", "%s:/" % name, input_bytes=archive(files))
        self.docker("start", name)

    def kill_machine(self, name: str) -> None:
        """End all processes of a machine at once; its file system and volumes stay."""
        self.docker("kill", name)

    def boot_machine(self, name: str) -> None:
        """Start a machine that was killed, as it was."""
        self.docker("start", name)


def archive(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A tar archive of {path below /: (content, mode)}, all owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, (content, mode) in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def volume(folder: Path) -> str:
    """A directory that has the same path inside and outside."""
    return "--volume=%s:%s" % (folder, folder)
