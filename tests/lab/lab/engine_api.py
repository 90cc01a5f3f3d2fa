# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few calls of the Docker Engine API that the lab itself needs, over a unix socket, with the standard library."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from .errors import LabError


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def call(sock: Path, method: str, path: str, timeout: float = 60) -> tuple[int, bytes]:
    """One request; returns status and body. OSError when nothing answers."""
    connection = _UnixConnection(sock, timeout)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as exc:
        raise OSError(str(exc)) from exc
    finally:
        connection.close()


def answers(sock: Path) -> bool:
    """Whether an engine is ready on that socket."""
    try:
        return call(sock, "GET", "/_ping", timeout=5)[0] == 200
    except OSError:
        return False


def get(sock: Path, path: str) -> Any:
    """A GET whose answer is JSON."""
    status, body = call(sock, "GET", path)
    if status != 200:
        raise LabError("%s: GET %s answered %d: %s" % (sock, path, status, body.decode(errors="replace")[:300]))
    return json.loads(body)
