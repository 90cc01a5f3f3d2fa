# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that is a real systemd service on a host of the lab, with Debian's own program and unit, and the command beside it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any, Mapping

from lab import load
from lab.commands import wait_until
from lab.paths import cache
from plain_http import call

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.packer import build

LAB = load()
PROGRAM = "/usr/bin/docker-registry"
UNIT = "/lib/systemd/system/docker-registry.service"
CONFIG = "/etc/docker/registry/config.yml"
STORAGE = "/var/lib/docker-registry"
COMMAND = "/run/imagefleet-test.pyz"
JOB = "/run/imagefleet-test.json"
DROP_IN = "/run/systemd/system/docker-registry.service.d/zz-imagefleet-read-only.conf"
#: What a test leaves that is not the registry's own.
TRACES = "find /run /etc /var/lib -path /var/lib/docker -prune -o -name '*imagefleet*' -print"


_AGE = b"""
import os, sys
for folder, _folders, files in os.walk(sys.argv[1], topdown=False):
    for path in [folder, *(os.path.join(folder, name) for name in files)]:
        moment = os.stat(path).st_mtime - int(sys.argv[2])
        os.utime(path, (moment, moment))
"""


@dataclass(frozen=True)
class Ended:
    """How the command ended; `report` is what it printed as JSON, None when it printed none."""

    code: int
    report: dict[str, Any] | None
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        assert self.report is not None and self.report["result"] is not None, self.errors
        return dict(self.report["result"])


@dataclass
class RegistryHost:
    """Use as a context manager. `settings` are added to the registry's configuration, `storage` to its section of that name."""

    name: str = "host-2"
    port: int = 5000
    settings: Mapping[str, Any] = field(default_factory=dict)
    storage: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self._host,) = [host for host in LAB["hosts"] if host["name"] == self.name]
        self.address = "%s:%d" % (self._host["address"], self.port)

    # The host -------------------------------------------------------------------------------------------------------

    def ssh(self) -> list[str]:
        return [
            *("ssh", "-F", "none", "-i", self._host["key"], "-p", str(self._host["port"])),
            *("-o", "UserKnownHostsFile=%s" % LAB["known_hosts"], "-o", "BatchMode=yes"),
            "%s@%s" % (self._host["user"], self._host["address"]),
        ]

    def on(self, shell: str, data: bytes | None = None, check: bool = True) -> str:
        """What a shell command on the host prints."""
        done = subprocess.run([*self.ssh(), shell], input=data, capture_output=True, check=False)
        assert done.returncode == 0 or not check, "%s: %s" % (shell, done.stderr.decode())
        return done.stdout.decode()

    def put(self, path: str, data: bytes, mode: str = "0644") -> None:
        self.on("mkdir -p $(dirname %s) && cat > %s && chmod %s %s" % (path, path, mode, path), data)

    # The registry ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> "RegistryHost":
        tools = cache().tools("bookworm")
        self.put(PROGRAM, (tools / "usr/bin/docker-registry").read_bytes(), "0755")
        self.put(UNIT, (tools / "lib/systemd/system/docker-registry.service").read_bytes())
        self.on("useradd --system --home-dir %s --shell /usr/sbin/nologin docker-registry" % STORAGE)
        self.on("install -d -o docker-registry -g docker-registry %s" % STORAGE)
        self.put(COMMAND, build(), "0755")
        self.configure()
        return self

    def __exit__(self, *_what: object) -> None:
        self.on("systemctl stop docker-registry 'imagefleet-*'; rm -rf %s %s" % (STORAGE, DROP_IN), check=False)
        self.on("rm -rf /run/systemd/system/docker-registry.service.d /run/imagefleet* /etc/imagefleet")
        self.on("rm -rf %s %s %s %s %s /var/lib/imagefleet" % (PROGRAM, UNIT, CONFIG, COMMAND, JOB))
        self.on("rmdir -p --ignore-fail-on-non-empty /etc/docker/registry; userdel docker-registry")
        self.on("systemctl daemon-reload; systemctl reset-failed")

    def configure(self, **storage: Any) -> None:
        """Write the configuration as Debian's has it, `storage` into that section, and start with it."""
        config = {
            "version": "0.1",
            "log": {"fields": {"service": "registry"}},
            "storage": {
                "cache": {"blobdescriptor": "inmemory"},
                "filesystem": {"rootdirectory": STORAGE},
                "delete": {"enabled": True},
                **self.storage,
                **storage,
            },
            "http": {"addr": self.address, "headers": {"X-Content-Type-Options": ["nosniff"]}},
            "health": {"storagedriver": {"enabled": True, "interval": "10s", "threshold": 3}},
            **self.settings,
        }
        self.put(CONFIG, json.dumps(config, indent=1).encode())
        self.on("systemctl daemon-reload && systemctl restart docker-registry")
        self.wait()

    def wait(self) -> None:
        wait_until("the registry on %s" % self.name, self.answers, 30)

    def answers(self) -> bool:
        try:
            return call(self.address, "GET", "/v2/").status in (200, 401)
        except OSError:
            return False

    def empty(self) -> None:
        """Forget all content, as on the first day."""
        self.on("systemctl stop docker-registry; rm -rf %s/docker; systemctl reset-failed" % STORAGE)
        self.on("systemctl start docker-registry")
        self.wait()

    def takes_pushes(self) -> bool:
        """Also false while it starts anew."""
        try:
            return call(self.address, "POST", "/v2/probe/blobs/uploads/").status == 202
        except OSError:
            return False

    def pid(self) -> str:
        """Its main process: another one after a restart."""
        return self.on("systemctl show --property=MainPID --value docker-registry").strip()

    def blobs(self) -> dict[str, int]:
        """Digest -> size of everything that is stored."""
        listed = self.on("cd %s/docker/registry/v2/blobs/sha256 && find . -name data -printf '%%h %%s\\n'" % STORAGE)
        return {
            "sha256:" + folder.rpartition("/")[2]: int(size) for folder, size in map(str.split, listed.splitlines())
        }

    def age(self, seconds: int) -> None:
        """All that is stored, and all that was deleted, is so much older."""
        self.on("python3 - %s %d" % (STORAGE, seconds), _AGE)

    # The command ----------------------------------------------------------------------------------------------------

    def configure_job(self, mode: str = "apply", **options: Any) -> None:
        document = {
            "schema": 1,
            "command": "collect",
            "mode": mode,
            "issued": "2026-01-01T00:00:00Z",
            "valid_until": "2099-01-01T00:00:00Z",
            "report_file": "/run/imagefleet-test.report.json",
            "log_file": "/run/imagefleet-test.log",
            "metrics_file": "/run/imagefleet-test.prom",
            "options": {"registry": self.address, "insecure": True, **options},
        }
        self.put(JOB, json.dumps(document).encode())

    def collect(self, mode: str = "apply", **options: Any) -> Ended:
        """One run of `imagefleet collect` on the host."""
        self.configure_job(mode, **options)
        done = subprocess.run([*self.ssh(), self.command], capture_output=True, text=True, check=False)
        return ended(done.returncode, done.stdout, done.stderr)

    @property
    def command(self) -> str:
        return "python3 %s collect --config %s --json" % (COMMAND, JOB)

    def traces(self) -> list[str]:
        """What of a run is left outside of its reports."""
        own = (COMMAND, "/run/imagefleet-test.")
        return [path for path in self.on(TRACES).splitlines() if not path.startswith(own)]


def ended(code: int, output: str, errors: str) -> Ended:
    return Ended(code, json.loads(output) if output.strip().startswith("{") else None, errors)
