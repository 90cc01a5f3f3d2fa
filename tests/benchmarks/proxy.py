# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unix socket in front of an engine that counts the HTTP requests that pass; every byte is handed through as it is."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Callable


class RequestCounter:
    """Finds the requests in what one client sends, by their heads; `found` gets method and kind of path."""

    def __init__(self, found: Callable[[str], None]) -> None:
        self._found = found
        self._buffer = bytearray()
        self._body = 0
        self._chunked = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._buffer += data
        while self._buffer:
            if self._body:
                gone = min(self._body, len(self._buffer))
                self._body -= gone
            else:
                mark = b"\r\n" if self._chunked else b"\r\n\r\n"
                end = self._buffer.find(mark)
                if end < 0:
                    return
                self._head(bytes(self._buffer[:end]))
                gone = end + len(mark)
            del self._buffer[:gone]

    def _head(self, head: bytes) -> None:
        if self._chunked:  # the head of a chunk; two bytes follow its content
            length = int(head.split(b";")[0], 16)
            self._body = length + 2
            self._chunked = length > 0
            return
        first, *rest = head.split(b"\r\n")
        self._found(_kind(first.decode("latin-1")))
        fields = {
            name.strip().lower(): value.strip() for name, _colon, value in (line.partition(b":") for line in rest)
        }
        self._chunked = fields.get(b"transfer-encoding", b"").lower() == b"chunked"
        self._body = 0 if self._chunked else int(fields.get(b"content-length", b"0"))


def _kind(line: str) -> str:
    """`GET /v1.41/images/sha256:.../json?x HTTP/1.1` as `GET /images/*/json`."""
    method, path = line.split(" ")[:2]
    path = re.sub(r"^/v[0-9.]+(?=/)", "", path.partition("?")[0])
    if re.fullmatch(r"/(images|containers)/(json|prune|load)", path):
        return "%s %s" % (method, path)
    return "%s %s" % (method, re.sub(r"^/(images|containers)/.+?(/json|/history)?$", r"/\1/*\2", path))


class _FromEngine(asyncio.Protocol):
    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._client.close()


class _FromClient(asyncio.Protocol):
    def __init__(self, engine: Path, found: Callable[[str], None]) -> None:
        self._path = engine
        self._counter = RequestCounter(found)
        self._engine: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._task = asyncio.get_running_loop().create_task(self._connect(transport))

    async def _connect(self, client: asyncio.BaseTransport) -> None:
        loop = asyncio.get_running_loop()
        try:
            engine, _protocol = await loop.create_unix_connection(lambda: _FromEngine(client), str(self._path))  # type: ignore
        except OSError:
            client.close()
            return
        self._engine = engine
        for data in self._early:
            engine.write(data)
        self._early.clear()
        if client.is_closing():
            engine.close()

    def data_received(self, data: bytes) -> None:
        self._counter.feed(data)
        if self._engine is None:
            self._early.append(data)
        else:
            self._engine.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._engine is not None:
            self._engine.close()


class CountingProxy:
    """Use as a context manager; `take()` returns and forgets what was counted."""

    def __init__(self, path: Path, engine: Path) -> None:
        self.path = path
        self._engine = engine
        self._seen: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "CountingProxy":
        self.path.unlink(missing_ok=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    async def _listen(self) -> None:
        await self._loop.create_unix_server(lambda: _FromClient(self._engine, self._found), str(self.path))

    def __exit__(self, *_what: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def take(self) -> Counter[str]:
        """Requests since the last call, by method and kind of path."""
        seen, self._seen = self._seen, Counter()
        return seen

    def _found(self, kind: str) -> None:
        self._seen[kind] += 1
