# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest engine (containerd image store, reads hosts.toml), in a container of the carrier: engine-28 of the lab.

Its folder has the same path inside and outside, so its socket, data and log are used like those of other engines.
"""

from __future__ import annotations

import json
import shutil
from typing import Any

from .carrier import Carrier, volume
from .commands import wait_until
from .engine import daemon_arguments, daemon_config, describe
from .engine_api import answers
from .kernel import remove_cgroups, unmount_below
from .paths import Instance

NAME = "engine-28"


class NewestEngine:
    """The engine in a container of the same name; tests make throw-away ones with names of their own."""

    def __init__(self, instance: Instance, carrier: Carrier, name: str = NAME) -> None:
        self.name = name
        self.folder = instance.engine(name)
        self.socket = self.folder / "docker.sock"
        self.log = self.folder / "dockerd.log"
        self._cgroup = "%s/%s" % (instance.cgroup, name)
        self._carrier = carrier

    def start(self) -> "NewestEngine":
        """Start and wait until it answers; nothing happens if it already does."""
        if self._carrier.running(self.name) and answers(self.socket):
            return self
        image = self._carrier.ensure_image("engine-forky")
        certs = self.folder / "certs.d"  # its /etc/docker/certs.d: tests write hosts.toml files there
        certs.mkdir(parents=True, exist_ok=True)
        config = daemon_config("containerd", self._cgroup, {})
        (self.folder / "daemon.json").write_text(json.dumps(config, indent=1))
        command = " ".join(
            ["rm -rf %s/docker.pid %s/exec; exec dockerd" % (self.folder, self.folder)] + daemon_arguments(self.folder)
        )
        options = [volume(self.folder), "--volume=%s:/etc/docker/certs.d" % certs, "--tmpfs=/run"]
        self._carrier.run_machine(
            self.name, image, options, ["/bin/sh", "-c", "%s >>%s 2>&1" % (command, self.log)], files={}
        )
        wait_until(self.name, lambda: answers(self.socket), 60, lambda: self._carrier.running(self.name), self.log)
        return self

    def destroy(self) -> None:
        """End everything of this engine and remove its directory, mounts and control groups."""
        self._carrier.docker("rm", "--force", "--volumes", self.name, check=False)
        unmount_below(self.folder)
        remove_cgroups(self._cgroup)
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self, name: str) -> dict[str, Any]:
        """The engine as an entry of lab.json."""
        how = {"container": self.name, "pid": None, "certs_d": str(self.folder / "certs.d")}
        return describe(name, "containerd", self.socket, self.folder / "data", how)
