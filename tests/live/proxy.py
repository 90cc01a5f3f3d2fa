# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unix socket in front of an engine that writes down every request, and may answer, change or break some of them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any, Callable, Mapping, Union
from urllib.parse import parse_qsl, unquote

from lab.commands import wait_until

HANG, CLOSE, LOSE = "hang", "close", "lose"
_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade")


@dataclass(frozen=True)
class Request:
    """One request: the path has no API version and no %-signs; `nth` counts those of one `kind` from 1 on."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    nth: int = 1

    @property
    def kind(self) -> str:
        """`GET /images/*/json`: names and ids are left out, so that requests can be counted."""
        if re.fullmatch(r"/(images|containers)/(json|prune|load|create)", self.path):
            return "%s %s" % (self.method, self.path)
        return "%s %s" % (self.method, re.sub(r"^/(images|containers)/.+?(/json|/history)?$", r"/\1/*\2", self.path))


#: None forwards the request; a pair is the answer instead of the engine's; a function changes the body of the engine's
#: answer; HANG never answers; CLOSE drops the connection before the engine has heard of it, LOSE after it has answered.
Answer = Union[None, "tuple[int, Any]", Callable[[bytes], bytes], str]
Hook = Callable[[str, str, Mapping[str, str], int], Answer]


def changed(**fields: Any) -> Callable[[bytes], bytes]:
    """An answer of the engine with these fields of its JSON object replaced."""
    return lambda body: json.dumps({**json.loads(body), **fields}).encode()


class Proxy:
    """Use as a context manager: `docker_host` leads through it, `requests` is what has passed, in order."""

    def __init__(self, docker_host: str, path: Path, hook: Hook | None = None) -> None:
        self.engine = docker_host[len("unix://") :]
        self.docker_host = "unix://%s" % path
        self.hook = hook
        self.requests: list[Request] = []
        self.connections = 0
        self._seen: Counter[str] = Counter()
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(str(path), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        Path(str(self._server.server_address)).unlink(missing_ok=True)

    def counts(self) -> dict[str, int]:
        """Requests by kind."""
        return dict(Counter(request.kind for request in list(self.requests)))

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind, in order."""
        return [request for request in list(self.requests) if request.kind == kind]

    def forget(self) -> None:
        """Start counting anew."""
        with self._guard:
            self.requests.clear()
            self._seen.clear()

    def wait_for(self, kind: str, count: int = 1) -> None:
        """Until so many requests of a kind have come."""
        wait_until("%d times %s" % (count, kind), lambda: len(self.of(kind)) >= count, 60)

    # For the handler ------------------------------------------------------------------------------------------------

    def opened(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.add(connection)
            self.connections += 1

    def closed(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.discard(connection)

    def heard(self, method: str, target: str) -> Answer:
        """Write a request down and ask the hook what to do with it."""
        path, _question, query = target.partition("?")
        plain = re.sub(r"^/v[0-9]+\.[0-9]+(?=/)", "", unquote(path))
        request = Request(method, plain, dict(parse_qsl(query, keep_blank_values=True)))
        with self._guard:
            self._seen[request.kind] += 1
            request = Request(request.method, request.path, request.query, self._seen[request.kind])
            self.requests.append(request)
        return self.hook(request.method, request.path, request.query, request.nth) if self.hook else None


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: str, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(path, _Handler)

    def handle_error(self, _request: Any, _address: Any) -> None:
        """A client that went away in the middle is part of the tests."""


class _EngineConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=300)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, kept alive as long as the client likes."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.proxy.opened(self.connection)

    def finish(self) -> None:
        self.server.proxy.closed(self.connection)
        super().finish()

    def log_message(self, *_what: Any) -> None:
        """Nothing: `requests` tells."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.proxy.heard(self.command, self.path)
        if answer == HANG:
            self.connection.recv(1)  # the client gives up, or the proxy ends
            self.close_connection = True
        elif answer == CLOSE:
            self.close_connection = True
        elif isinstance(answer, tuple):
            text = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
            self._answer(answer[0], {"Content-Type": "application/json", "Api-Version": "1.41"}, text)
        else:
            self._forward(body, answer)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _pass

    def _forward(self, body: bytes, answer: Answer) -> None:
        engine = _EngineConnection(self.server.proxy.engine)
        try:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            engine.request(self.command, self.path, body or None, {**kept, "Accept-Encoding": "identity"})
            response = engine.getresponse()
            headers = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
            if answer == LOSE:
                response.read()
                self.close_connection = True
            elif callable(answer):
                self._answer(response.status, headers, answer(response.read()))
            else:
                self._stream(response, headers)
        except (OSError, http.client.HTTPException):  # the engine is down: so is this connection
            self.close_connection = True
        finally:
            engine.close()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status: int, headers: Mapping[str, str], text: bytes) -> None:
        self._head(status, {**headers, "Content-Length": str(len(text))})
        self.wfile.write(text)

    def _stream(self, response: http.client.HTTPResponse, headers: Mapping[str, str]) -> None:
        """Hand the answer through as it comes: events take their time."""
        if self.command == "HEAD" or response.status in (204, 304):
            self._head(response.status, headers)
            return
        self._head(response.status, {**headers, "Transfer-Encoding": "chunked"})
        while True:
            piece = response.read1(65536)
            if not piece:
                break
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
