# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A forward proxy as companies have them: the one way to hosts that only it knows, plain or through a tunnel (CONNECT)."""

from __future__ import annotations

import http.client
import selectors
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Mapping
from urllib.parse import urlsplit

_HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding")


class ForwardProxy:
    """Use as a context manager. `ways` maps host:port, as clients name it, to the address where that really is.

    `asked` has (method, target, Proxy-Authorization or "") of every request. With `wants`, a Proxy-Authorization, whoever does not
    send it is refused.
    """

    def __init__(self, ways: Mapping[str, str], wants: str = "") -> None:
        self.ways = dict(ways)
        self.wants = wants
        self.asked: list[tuple[str, str, str]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.address = "127.0.0.1:%d" % self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "ForwardProxy":
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def methods(self) -> list[str]:
        return [method for method, _target, _who in self.asked]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: ForwardProxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        way = self._admit(self.path)
        if way is None:
            return
        with socket.create_connection(way, 60) as upstream:
            self.send_response(200)
            self.end_headers()
            self._relay(upstream)
        self.close_connection = True

    def _plain(self) -> None:
        target = urlsplit(self.path)
        way = self._admit(target.netloc)
        if way is None:
            return
        connection = http.client.HTTPConnection(*way, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: text for name, text in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        connection.request(self.command, self.path[len("http://") + len(target.netloc) :], body, headers)
        answer = connection.getresponse()
        found = answer.read()
        self.send_response(answer.status)
        for name, text in answer.getheaders():
            if name.lower() not in (*_HOP_BY_HOP, "content-length", "date", "server"):
                self.send_header(name, text)
        told = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(found))
        self.send_header("Content-Length", told or "0")
        self.end_headers()
        self.wfile.write(found)
        connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _plain

    def _admit(self, place: str) -> tuple[str, int] | None:
        """Where to; None when it was answered that there is no way."""
        owner, who = self.server.owner, self.headers.get("Proxy-Authorization", "")
        owner.asked.append((self.command, self.path, who))
        if owner.wants and who != owner.wants:
            return self._refuse(407)
        if place not in owner.ways:
            return self._refuse(403)
        host, _colon, port = owner.ways[place].rpartition(":")
        return host, int(port)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _relay(self, upstream: socket.socket) -> None:
        other = {self.connection: upstream, upstream: self.connection}
        with selectors.DefaultSelector() as waiting:
            for one in other:
                waiting.register(one, selectors.EVENT_READ)
            while True:
                for key, _events in waiting.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    other[key.fileobj].sendall(data)

    def log_message(self, *_what: object) -> None:
        """Nothing: `asked` tells."""
