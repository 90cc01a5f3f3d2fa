# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to the engine of a host, on that host, that leads through a proxy of the test and back."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from fleet_host import FleetHost
from lab.commands import wait_until
from proxy import Hook, Proxy


@contextmanager
def detour(host: FleetHost, folder: Path, hook: Hook) -> Iterator[str]:
    """The docker_host to use on the host; sockets on this machine are made in `folder`."""
    engine, way = folder / "engine.sock", folder / "way.sock"
    there = host.run("mktemp --directory") + "/detour.sock"
    forward = ["-N", "-L", "%s:/run/docker.sock" % engine, "-R", "%s:%s" % (there, way)]
    with Proxy("unix://%s" % engine, way, hook):
        tunnel = subprocess.Popen(host.ssh(*forward, "-o", "ExitOnForwardFailure=yes"), stdin=subprocess.DEVNULL)
        try:
            wait_until(
                "the tunnel to %s" % host.name,
                lambda: engine.exists() and host.run("ls %s 2>/dev/null || true" % there) == there,
                alive=lambda: tunnel.poll() is None,
            )
            yield "unix://" + there
        finally:
            tunnel.terminate()
            tunnel.wait()
            engine.unlink(missing_ok=True)
            host.run("rm -r $(dirname %s)" % there)
