# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a registry that holds one request back, so that a pull stands still in the middle."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gate:
    """Use as a context manager: `address` leads to the registry; a path with `held` in it waits for open()."""

    def __init__(self, registry: str, held: str) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(registry, held))
        self._server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Gate":
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self.open()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def open(self) -> None:
        self._opened.set()

    def _wait(self) -> None:
        self.reached.set()
        self._opened.wait()

    def _handler(self, registry: str, held: str) -> type[BaseHTTPRequestHandler]:
        wait = self._wait

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                # Engines try TLS first, and fall back to plain HTTP when the answer looks like HTTP.
                if self.rfile.peek(1)[:1] == b"\x16":
                    self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                else:
                    super().handle()

            def _pass(self) -> None:
                if held in self.path:
                    wait()
                connection = http.client.HTTPConnection(registry, timeout=60)
                try:
                    accept = {"Accept": ", ".join(self.headers.get_all("Accept") or ["*/*"])}
                    connection.request(self.command, self.path, headers=accept)
                    answer = connection.getresponse()
                    body = answer.read()
                    self.send_response_only(answer.status)
                    for name in ("Content-Type", "Content-Length", "Docker-Content-Digest"):
                        if answer.getheader(name):
                            self.send_header(name, str(answer.getheader(name)))
                    self.end_headers()
                    self.wfile.write(body)
                finally:
                    connection.close()

            do_GET = do_HEAD = _pass

            def log_message(self, *_what: object) -> None:
                """Nothing: the test tells."""

        return Handler
