# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of the fleet, over ssh: commands, containers that a test makes there, and its Docker stopped for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from lab import load
from lab.commands import output

LAB = load()
LABEL = "imagefleet.test"
# How each state of a container comes about.
STATES = {"running": "run --detach", "exited": "run", "created": "create"}


class FleetHost:
    """By its name in the inventory. What make() made carries `label` and goes away with sweep()."""

    def __init__(self, name: str, label: str = "t-fleet") -> None:
        (self._host,) = [host for host in LAB["hosts"] if host["name"] == name]
        self.name = name
        self._label = "%s=%s" % (LABEL, label)

    def run(self, shell: str, text: bytes = b"") -> str:
        """What a shell command prints there, given `text` to read; LabError when it fails."""
        return output([*self.ssh(), shell], input_bytes=text)

    def ssh(self, *options: str) -> list[str]:
        """Command line that logs in there; a command may follow."""
        host = self._host
        words = ["ssh", "-F", "none", "-i", host["key"], "-p", str(host["port"]), *options]
        for option in ("UserKnownHostsFile=%s" % LAB["known_hosts"], "StrictHostKeyChecking=yes", "BatchMode=yes"):
            words += ["-o", option]
        return [*words, "%s@%s" % (host["user"], host["address"])]

    def make(self, image: str, state: str) -> None:
        """A container in this state: running, exited or created; its image is pulled."""
        command = " /bin/busybox true" if state == "exited" else ""
        self.run("docker %s --network=none --label=%s %s%s" % (STATES[state], self._label, image, command))

    def sweep(self, images: str = "") -> None:
        """Remove the containers of this label, and the images whose names this pattern matches."""
        self._remove("docker ps --all --quiet --filter label=" + self._label, "docker rm --force")
        if images:
            self._remove("docker images --quiet --filter reference='%s'" % images, "docker rmi --force")

    def _remove(self, listing: str, remove: str) -> None:
        self.run('found=$(%s | sort -u); test -z "$found" || %s $found' % (listing, remove))

    def running(self) -> set[str]:
        return set(self.run("docker ps --format '{{.Names}}'").split())

    @contextmanager
    def docker_stopped(self) -> Iterator[None]:
        """Docker is down meanwhile. Afterwards it is up again, with the containers that ran before."""
        before = self.running()
        try:
            self.run("systemctl stop docker.socket docker.service")
            yield
        finally:
            self.run("systemctl start docker.socket docker.service")
            for name in sorted(before - self.running()):
                self.run("docker start " + name)
        assert self.running() >= before
