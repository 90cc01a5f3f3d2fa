# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""engine-28: the newest engine (containerd image store, reads hosts.toml), in a container of the carrier.

Its folder has the same path inside and outside, so its socket, data and log are used like those of other engines.
"""

from __future__ import annotations

import json
from typing import Any

from .carrier import Carrier, volume
from .commands import wait_until
from .engine import daemon_arguments, daemon_config, describe
from .engine_api import answers
from .paths import Instance

NAME = "engine-28"


class NewestEngine:
    """The engine in a container."""

    def __init__(self, instance: Instance, carrier: Carrier) -> None:
        self.folder = instance.engine(NAME)
        self.socket = self.folder / "docker.sock"
        self.log = self.folder / "dockerd.log"
        self._cgroup = "%s/%s" % (instance.cgroup, NAME)
        self._carrier = carrier

    def start(self) -> "NewestEngine":
        """Start and wait until it answers; nothing happens if it already does."""
        if self._carrier.running(NAME) and answers(self.socket):
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
            NAME, image, options, ["/bin/sh", "-c", "%s >>%s 2>&1" % (command, self.log)], files={}
        )
        wait_until(NAME, lambda: answers(self.socket), 60, lambda: self._carrier.running(NAME), self.log)
        return self

    def describe(self) -> dict[str, Any]:
        """The engine as an entry of lab.json."""
        how = {"container": NAME, "pid": None, "certs_d": str(self.folder / "certs.d")}
        return describe(NAME, "containerd", self.socket, self.folder / "data", how)
