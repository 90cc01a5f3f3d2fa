# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A BuildKit that builders of driver remote reach by a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from lab.paths import cache
from lab.tools import docker_cli, write_docker_config


class DialSocket:
    """A socket that is a BuildKit: each connection goes to that of an engine, as `docker buildx dial-stdio` leads there.

    It has a folder of builders of its own: buildx locks its folder while it makes or lists builders.
    """

    def __init__(self, folder: Path, docker_host: str, version: str) -> None:
        path = folder / "s"
        self.endpoint = "unix://%s" % path
        self._argv = [str(docker_cli(cache())), "buildx", "dial-stdio", "--builder", "default"]
        config = write_docker_config(cache(), folder / "dial", version)
        self._environment = {**os.environ, "DOCKER_HOST": docker_host, "DOCKER_CONFIG": str(config)}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._children: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "DialSocket":
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for child in self._children:
            child.kill()
            child.wait()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                child = subprocess.Popen(self._argv, env=self._environment, stdin=connection, stdout=connection)
            self._children.append(child)
