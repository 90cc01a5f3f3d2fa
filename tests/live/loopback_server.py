# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server on a free port of this machine that writes down what it is asked, and fails when it is told to."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator
from urllib.parse import parse_qsl, unquote

from faults import Fault, Faults
from lab.certificates import make_certificates
from plain_http import AGENT

ADDRESS = "127.0.0.1"
_PIECE = 65536


@dataclass(frozen=True)
class Asked:
    """One request with the status that it was answered with: 0 when it was not."""

    method: str
    path: str
    query: str
    status: int
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> list[str]:
        """All values that came under this name."""
        return [text for known, text in self.headers if known.lower() == name.lower()]

    @property
    def authorization(self) -> str | None:
        return next(iter(self.header("Authorization")), None)


@dataclass
class Request:
    """A request while it is served; its body is read by whoever wants it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    pieces: Iterator[bytes]

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def fields(self) -> dict[str, str]:
        """What the query asks for."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def header(self, name: str) -> str:
        """All values under this name as one; empty without any."""
        return ", ".join(text for known, text in self.headers if known.lower() == name.lower())

    def body(self) -> bytes:
        return b"".join(self.pieces)


@dataclass
class Response:
    """`body` in one piece or many; of many pieces `length` is the sum, None when nobody knows it.

    To HEAD the answer carries `length`, or that of the body, and no body.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""
    length: int | None = None

    def whole(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else b"".join(self.body)


class LoopbackServer:
    """Use as a context manager. Subclasses answer in respond(), from many threads.

    `before(method, path)` is called when a request has come and nothing is done yet, `after(method, path, status)` when
    it is done and the client does not know yet. With `tls`, a folder, it speaks HTTPS with certificates that it puts
    there (ca.pem).
    """

    def __init__(self, tls: Path | None = None) -> None:
        self.faults = Faults()
        self.before: Callable[[str, str], None] | None = None
        self.after: Callable[[str, str, int], None] | None = None
        self.connections = 0
        self.closing = threading.Event()
        self._asked: list[Asked] = []
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(self, _context(tls) if tls else None)
        self.address = "%s:%d" % (ADDRESS, self._server.server_port)
        self.url = "%s://%s" % ("https" if tls else "http", self.address)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def respond(self, request: Request) -> Response:
        raise NotImplementedError

    def mark(self) -> None:
        """From here on requests() counts."""
        with self._guard:
            self._asked.clear()

    def requests(self, also_bench: bool = False) -> list[Asked]:
        """The requests since the mark, in the order in which they were answered; without those of the bench itself."""
        with self._guard:
            return [one for one in self._asked if also_bench or one.header("User-Agent") != [AGENT]]

    # For the handler ------------------------------------------------------------------------------------------------

    def _connected(self, connection: socket.socket, is_open: bool) -> None:
        with self._guard:
            if is_open:
                self._open.add(connection)
                self.connections += 1
            else:
                self._open.discard(connection)

    def _note(self, request: Request, status: int) -> None:
        with self._guard:
            one = Asked(request.method, request.path, request.query, status, tuple(request.headers))
            self._asked.append(one)

    def _serve(self, request: Request) -> tuple[Response | None, bool]:
        """The answer, None for a connection that breaks; and whether its body breaks off in the middle."""
        if self.before:
            self.before(request.method, request.path)
        fault = self.faults.find(request.method, request.path) or Fault()
        while fault.held and not fault.held.wait(0.05) and not self.closing.is_set():
            pass
        if fault.reset:
            self._note(request, 0)
            return None, False
        response = Response(fault.status) if fault.status else self.respond(request)
        if self.after:
            self.after(request.method, request.path, response.status)
        self._note(request, 0 if fault.lose else response.status)
        if fault.lose:
            response.whole()
            return None, False
        return _spoilt(response, fault), fault.truncate


def _spoilt(response: Response, fault: Fault) -> Response:
    replaced = {name.lower() for name, _text in fault.headers}
    response.headers = [pair for pair in response.headers if pair[0].lower() not in replaced] + list(fault.headers)
    if fault.body is not None:
        response.body, response.length = fault.body, None
    if fault.flip or fault.truncate:
        body = bytearray(response.whole())
        if fault.flip and body:
            body[len(body) // 2] ^= 1
        response.body = bytes(body)
    return response


def _context(folder: Path) -> ssl.SSLContext:
    make_certificates(folder, ADDRESS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server-cert.pem", folder / "server-key.pem")
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: LoopbackServer, context: ssl.SSLContext | None) -> None:
        self.owner = owner
        self.context = context
        super().__init__((ADDRESS, 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        if self.context:  # the thread of the connection shakes hands
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def handle_error(self, _request: Any, _address: Any) -> None:
        """A client that went away in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, kept alive as long as the client likes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.owner._connected(self.connection, True)

    def finish(self) -> None:
        self.server.owner._connected(self.connection, False)
        with suppress(OSError):
            super().finish()

    def log_message(self, *_what: Any) -> None:
        """Nothing: requests() tells."""

    def handle(self) -> None:
        # Engines try TLS first, and fall back to plain HTTP when the answer looks like HTTP.
        if self.server.context is None and self.rfile.peek(1)[:1] == b"\x16":  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        else:
            super().handle()

    def _any(self) -> None:
        request = Request(self.command, self.path, self.headers.items(), self._pieces())
        response, breaks = self.server.owner._serve(request)
        if response is None:
            self._reset()
        else:
            request.body()  # what nobody has read would be taken for the next request
            self._send(response, breaks)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any

    def _pieces(self) -> Iterator[bytes]:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                piece = self.rfile.read(size)
                self.rfile.readline()
                if not size:
                    return
                yield piece
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            piece = self.rfile.read(min(left, _PIECE))
            if not piece:
                raise ConnectionError("the client broke off")
            left -= len(piece)
            yield piece

    def _reset(self) -> None:
        """With RST, not with an end that could be taken for that of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _send(self, response: Response, breaks: bool) -> None:
        body = response.body
        bodiless = self.command == "HEAD" or response.status in (204, 304) or response.status < 200
        length = len(body) if isinstance(body, bytes) and response.length is None else response.length
        told = [pair for pair in response.headers if pair[0].lower() not in ("content-length", "transfer-encoding")]
        if not any(name.lower() == "date" for name, _text in told):
            told.append(("Date", self.date_time_string()))
        if length is not None and response.status != 204:
            told.append(("Content-Length", str(length)))
        elif not bodiless:
            told.append(("Transfer-Encoding", "chunked"))
        reason = self.responses.get(response.status, ("", ""))[0]
        lines = ["HTTP/1.1 %d %s" % (response.status, reason), *("%s: %s" % pair for pair in told), "", ""]
        head = "\r\n".join(lines).encode("latin-1")
        if bodiless:
            self.wfile.write(head)
        elif isinstance(body, bytes):
            self.wfile.write(head + (body[: len(body) // 2] if breaks else body))
        else:
            self.wfile.write(head)
            breaks = self._stream(body, length)
        self.close_connection = self.close_connection or breaks

    def _stream(self, body: Iterable[bytes], length: int | None) -> bool:
        """Whether it broke off: fewer bytes came than were told."""
        sent = 0
        for piece in body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if length is None else piece)
            sent += len(piece)
        if length is None:
            self.wfile.write(b"0\r\n\r\n")
        return length is not None and sent < length
