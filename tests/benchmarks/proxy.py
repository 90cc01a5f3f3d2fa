# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unix socket in front of an engine that counts the HTTP requests that pass; answers are handed through as they are."""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import BinaryIO

_BLOCK = 64 * 1024


class CountingProxy:
    """Use as a context manager; `take()` returns and forgets what was counted."""

    def __init__(self, path: Path, engine: Path) -> None:
        self.path = path
        self._engine = engine
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> "CountingProxy":
        self.path.unlink(missing_ok=True)
        self._server.bind(str(self.path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.path.unlink(missing_ok=True)

    def take(self) -> Counter[str]:
        """Requests since the last call, by method and kind of path."""
        with self._lock:
            seen, self._seen = self._seen, Counter()
        return seen

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            engine.connect(str(self._engine))
            threading.Thread(target=_pump, args=(engine, client), daemon=True).start()
            with client.makefile("rb") as stream:
                while self._pass_request(stream, engine):
                    pass
            engine.shutdown(socket.SHUT_WR)
        except OSError:
            client.close()
            engine.close()

    def _pass_request(self, stream: BinaryIO, engine: socket.socket) -> bool:
        head = []
        while True:
            line = stream.readline()
            if not line:
                return False
            head.append(line)
            if line in (b"\r\n", b"\n"):
                break
        kind = _kind(head[0])
        with self._lock:
            self._seen[kind] += 1
        engine.sendall(b"".join(head))
        fields = {name.strip().lower(): value.strip() for name, _colon, value in (raw.partition(b":") for raw in head)}
        if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            _pass_chunks(stream, engine)
        else:
            _pass_bytes(stream, engine, int(fields.get(b"content-length", b"0")))
        return True


def _kind(line: bytes) -> str:
    """`GET /v1.41/images/sha256:.../json?x` as `GET /images/*/json`."""
    method, path = line.decode("latin-1").split(" ")[:2]
    path = re.sub(r"^/v[0-9.]+(?=/)", "", path.partition("?")[0])
    if not re.fullmatch(r"/images/(json|prune|load)", path):
        path = re.sub(r"^(/images|/containers)/.+?(/json)?$", r"\1/*\2", path) if path != "/containers/json" else path
    return "%s %s" % (method, path)


def _pass_bytes(stream: BinaryIO, engine: socket.socket, length: int) -> None:
    while length > 0:
        block = stream.read(min(length, _BLOCK))
        if not block:
            return
        engine.sendall(block)
        length -= len(block)


def _pass_chunks(stream: BinaryIO, engine: socket.socket) -> None:
    while True:
        line = stream.readline()
        engine.sendall(line)
        length = int(line.split(b";")[0] or b"0", 16)
        _pass_bytes(stream, engine, length + 2)
        if length == 0:
            return


def _pump(engine: socket.socket, client: socket.socket) -> None:
    try:
        while True:
            block = engine.recv(_BLOCK)
            if not block:
                break
            client.sendall(block)
    except OSError:
        pass
    finally:
        client.close()
        engine.close()
