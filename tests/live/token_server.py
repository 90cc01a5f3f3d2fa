# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token server as registries know it: anybody may pull, whoever names a user must know the password."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

SERVICE, ISSUER = "lab registry", "lab tokens"


class TokenServer:
    """Use as a context manager. `certificates` is a folder as make_certificates() makes it, `asked` the scopes so far."""

    def __init__(self, certificates: Path, user: str, password: str) -> None:
        self.certificates = certificates
        self.asked: list[str] = []
        self._basic = "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "TokenServer":
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def section(self) -> dict[str, Any]:
        """What a registry's configuration says about this server."""
        realm = "http://127.0.0.1:%d/token" % self._server.server_port
        root = str(self.certificates / "ca.pem")
        return {"token": {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": root}}

    def token(self, scopes: list[str]) -> str:
        """One that is good for five minutes."""
        parts = [scope.split(":") for scope in scopes]
        now = int(time.time())
        pem = (self.certificates / "server-cert.pem").read_text()
        chain = ["".join(pem.strip().splitlines()[1:-1])]
        claims = {
            "iss": ISSUER,
            "sub": "",
            "aud": SERVICE,
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": secrets.token_hex(8),
            "access": [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts],
        }
        text = b".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "ES256", "x5c": chain}, claims))
        key = serialization.load_pem_private_key((self.certificates / "server-key.pem").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        pair = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return b".".join([text, _encoded(b"".join(number.to_bytes(32, "big") for number in pair))]).decode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                known = self.headers.get("Authorization") in (None, server._basic)
                if known and query.get("service") == [SERVICE]:
                    server.asked.append(" ".join(query["scope"]))
                    self._answer(200, {"token": server.token(query["scope"])})
                else:
                    self._answer(401, {"details": "no such user"})

            def _answer(self, status: int, document: dict[str, str]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_what: object) -> None:
                """Nothing: `asked` tells."""

        return Handler


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
