# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain registries (docker-registry 2.8) on loopback addresses: the regions of the lab."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any, Mapping

from .commands import wait_until
from .paths import Cache
from .process import end, gone, recall, remember, spawn
from .tools import environment, program

#: Names of the three regions, in the order of their addresses.
REGIONS = ("region-a", "region-b", "region-c")


class Registry:
    """One registry: own data, own configuration, own access log.

    Tests make other ones: `auth` is that section of the configuration, `tls` what stands below http.tls, `storage` what
    is added to its section; `cache_of` makes it a pull-through cache of the registry at that URL. All of these may be
    changed while it is stopped.
    """

    def __init__(self, name: str, folder: Path, address: str, port: int, store: Cache, owner: Path) -> None:
        self.name = name
        self.folder = folder
        self.address = "%s:%d" % (address, port)
        self.data = folder / "data"
        self.log = folder / "registry.log"
        self.auth: Mapping[str, Any] = {}
        self.tls: Mapping[str, Any] = {}
        self.storage: Mapping[str, Any] = {}
        self.cache_of = ""
        self._store = store
        self._owner = owner
        self._pidfile = folder / "process.json"

    def start(self) -> "Registry":
        """Start and wait until it answers; nothing happens if it already does."""
        process = recall(self._pidfile)
        if process is None:
            argv = self.command("serve")
            process = spawn(argv, self.environ(), self.log, self._owner)
            remember(process, self._pidfile)
        started = process
        wait_until("registry %s" % self.name, self.answers, 30, lambda: not gone(started), self.log)
        return self

    def command(self, *words: str) -> list[Path | str]:
        """The command line of `docker-registry WORDS CONFIGURATION`, with the configuration as it is now."""
        self.data.mkdir(parents=True, exist_ok=True)
        config = self.folder / "config.yml"
        config.write_text(json.dumps(self._config(), indent=1))
        return [program(self._store, "bookworm", "docker-registry"), *words, config]

    def environ(self) -> dict[str, str]:
        """What its programs find in their environment."""
        return environment(self._store, "overlay2")

    def _config(self) -> dict[str, Any]:
        web: dict[str, Any] = {"addr": self.address, "headers": {"X-Content-Type-Options": ["nosniff"]}}
        if self.tls:
            web["tls"] = dict(self.tls)
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.data)},
                "delete": {"enabled": True},
                **self.storage,
            },
            "http": web,
        }
        if self.cache_of:
            config["proxy"] = {"remoteurl": self.cache_of}
        if self.auth:
            config["auth"] = dict(self.auth)
        return config

    def stop(self) -> None:
        process = recall(self._pidfile)
        if process is not None:
            end(process, "registry %s does not stop" % self.name)

    def answers(self) -> bool:
        """Whether the distribution API answers; where it asks for a client certificate, the refusal is an answer."""
        connection = http.client.HTTPConnection(self.address, timeout=5)
        if self.tls:
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(self.address, timeout=5, context=context)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status == (401 if self.auth else 200)
        except ssl.SSLError:
            return "clientcas" in self.tls
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def describe(self) -> dict[str, Any]:
        """The registry as an entry of lab.json."""
        process = recall(self._pidfile)
        return {
            "name": self.name,
            "address": self.address,
            "name_in_fleet": "%s.test:%s" % (self.name, self.address.split(":")[1]),
            "data_dir": str(self.data),
            "log": str(self.log),
            "pid": process.pid if process else None,
        }
