# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notary server (Debian 12 package, only unpacked) over TLS: what Docker Content Trust keeps its signatures in."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
from pathlib import Path
from typing import Any

from .addresses import free_port
from .certificates import make_certificates
from .commands import wait_until
from .paths import Cache
from .process import end, gone, recall, remember, spawn
from .unpacked import unpacked

NAME = "notary"
HEALTH = "/_notary_server/health"


class Notary:
    """One server that forgets everything when it is stopped: its storage is memory, its keys for timestamps are its own."""

    def __init__(self, folder: Path, address: str, store: Cache, owner: Path) -> None:
        self.folder = folder
        self.log = folder / "notary.log"
        self._host = address
        self._store = store
        self._owner = owner
        self._pidfile = folder / "process.json"
        self._record = folder / "address"

    @property
    def address(self) -> str:
        """host:port, the same for the life of the folder."""
        if not self._record.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._record.write_text("%s:%d" % (self._host, free_port(self._host)))
        return self._record.read_text()

    @property
    def url(self) -> str:
        return "https://" + self.address

    @property
    def authority(self) -> Path:
        """The certificate that clients have to trust."""
        return self.folder / "tls" / "ca.pem"

    def start(self) -> "Notary":
        """Start and wait until it answers; nothing happens if it already does."""
        process = recall(self._pidfile)
        if process is None:
            make_certificates(self.folder / "tls", self._host)
            config = self.folder / "config.json"
            config.write_text(json.dumps(self._config(), indent=1))
            program = unpacked(self._store, NAME, "bookworm").program("notary-server")
            process = spawn([program, "-config", config], {"HOME": "/nonexistent"}, self.log, self._owner)
            remember(process, self._pidfile)
        started = process
        wait_until("notary server", self.answers, 30, lambda: not gone(started), self.log)
        return self

    def _config(self) -> dict[str, Any]:
        tls = self.folder / "tls"
        return {
            "server": {
                "http_addr": self.address,
                "tls_cert_file": str(tls / "server-cert.pem"),
                "tls_key_file": str(tls / "server-key.pem"),
            },
            "trust_service": {"type": "local", "hostname": "", "port": "", "key_algorithm": "ecdsa", "tls_ca_file": ""},
            "logging": {"level": "info"},
            "storage": {"backend": "memory"},
        }

    def stop(self) -> None:
        process = recall(self._pidfile)
        if process is not None:
            end(process, "notary server does not stop")

    def answers(self) -> bool:
        if not self._record.exists():
            return False
        connection = http.client.HTTPSConnection(self.address, timeout=5, context=ssl._create_unverified_context())
        try:
            connection.request("GET", HEALTH)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def trusted_by(self, docker_config: Path) -> Path:
        """Make the command line with this configuration trust the server's certificate; returns the folder."""
        folder = docker_config / "tls" / self.address
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.authority, folder / "ca.crt")
        return docker_config

    def describe(self) -> dict[str, Any]:
        """The server as lab.json has it."""
        process = recall(self._pidfile)
        return {
            "url": self.url,
            "address": self.address,
            "ca_path": str(self.authority),
            "log": str(self.log),
            "pid": process.pid if process else None,
        }
