# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a real registry that looks like the registry itself, on which requests are seen, held, and go wrong."""

from __future__ import annotations

import http.client
import time
from typing import Iterator

from loopback_server import LoopbackServer, Request, Response

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect")
_PIECE = 65536


class MeddlingProxy(LoopbackServer):
    """Use as a context manager: `address` leads to the registry at `upstream` (host:port, plain HTTP).

    Bodies pass as they come, repeated headers stay as many, and addresses of the registry become those of the proxy,
    so that uploads and pages stay on the way through it. `pause` in seconds lies before every piece of a body (64 KiB).
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.upstream = upstream
        self.pause = 0.0

    def respond(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            self._pass_on(connection, request)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            connection.close()
            return Response(502)
        headers = [
            (name, self._here(name, text)) for name, text in answer.getheaders() if name.lower() not in _HOP_BY_HOP
        ]
        told = answer.getheader("Content-Length")
        if request.method == "HEAD" or answer.status in (204, 304):
            connection.close()
            return Response(answer.status, headers, length=int(told) if told else None)
        return Response(answer.status, headers, _pieces(connection, answer, self.pause), int(told) if told else None)

    def _pass_on(self, connection: http.client.HTTPConnection, request: Request) -> None:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, text in request.headers:
            if name.lower() not in _HOP_BY_HOP:
                connection.putheader(name, text)
        chunked = "chunked" in request.header("Transfer-Encoding").lower()
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for piece in request.pieces:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            connection.send(b"0\r\n\r\n")

    def _here(self, name: str, text: str) -> str:
        """Registries name themselves by the Host that they were asked for, or by the address that they know."""
        return text.replace("://%s/" % self.upstream, "://%s/" % self.address) if name in ("Location", "Link") else text


def _pieces(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, pause: float) -> Iterator[bytes]:
    try:
        while True:
            piece = answer.read1(_PIECE)
            if not piece:
                return
            time.sleep(pause)
            yield piece
    finally:
        connection.close()
