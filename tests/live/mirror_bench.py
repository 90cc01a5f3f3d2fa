# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrors on hosts of the fleet and on engines of this machine, and what tells that they are used."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any, Sequence

import registry_content as content
from archive import BUSYBOX, Layer
from fleet_host import FleetHost
from fleet_playbooks import Playbooks
from own_registry import Logged, OwnRegistry
from registry_content import Manifest
from registry_pushing import push
from workbench import LABEL

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import parse_mirror_options
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.run import run_mirrors

PREFIX = "t-mirror"
LABELS = "%s=%s" % (LABEL, PREFIX)
#: 26.1 asks mirrors by an address of this machine itself without encryption, whatever it is told.
HOST_NAME = "mirror.corp.test"
MODULE = "imagefleet.docker.mirror_config"
DAEMON_JSON = "/etc/docker/daemon.json"
STATE = "/var/lib/imagefleet/mirrors.json"


def image(seed: str) -> Manifest:
    """A small image that an engine runs, with a layer of its own."""
    layers = [Layer(PREFIX + "-base", 4096, BUSYBOX), Layer("%s-%s" % (PREFIX, seed))]
    return content.image(layers, labels={LABEL: PREFIX}, platform="linux/amd64", note=seed)


def serve(registry: OwnRegistry, repository: str, tag: str) -> str:
    """Put an image of its own under that name; returns its digest."""
    return push(registry.address, repository, image("%s:%s" % (repository, tag)), tag)


def pulled(registry: OwnRegistry) -> list[Logged]:
    """Requests of engines since the mark that were answered with content."""
    found = registry.requests()
    return [one for one in found if one.method == "GET" and one.status == 200 and ("/blobs/" in one.path)]


def mirrors(*addresses: str, registry: str = "docker.io", **more: Any) -> list[dict[str, Any]]:
    """One entry, its endpoints plain HTTP on this machine."""
    endpoints = [{"url": "http://" + address, "insecure": True} for address in addresses]
    return [{"registry": registry, "endpoints": endpoints, **more}]


def run(argv: Sequence[str]) -> tuple[int, str, str]:
    done = subprocess.run(list(argv), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def configure(state_file: Path, apply: bool = True, **options: Any) -> dict[str, Any]:
    """The core itself on this machine."""
    return run_mirrors(parse_mirror_options({"state_file": str(state_file), **options}), apply, run)


class MirrorHost(FleetHost):
    """A host of the fleet on which the module runs as a task. Use as a context manager: it leaves the host as it was."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, PREFIX)
        self._playbooks = Playbooks(folder)
        self.original = self.daemon_json()

    def __enter__(self) -> "MirrorHost":
        return self

    def __exit__(self, *_what: object) -> None:
        if self.daemon_json() != self.original or self.mirrors():
            # The engine lets go of mirrors only for an empty list.
            emptied = {**json.loads(self.original), "registry-mirrors": [], "insecure-registries": []}
            self.run("cat > %s" % DAEMON_JSON, json.dumps(emptied).encode())
            self.reload()
            self.run("cat > %s" % DAEMON_JSON, self.original)
        self.run("rm -rf /etc/docker/certs.d /etc/containerd/certs.d /etc/buildkit /etc/docker/*~ %s*" % STATE)
        self.run(
            "sed '/%s/d' /etc/hosts > /run/hosts && cat /run/hosts > /etc/hosts; rm -f /run/hosts /run/t-mirror.pem"
            % HOST_NAME
        )
        self.sweep()
        self.forget_images()

    def forget_images(self) -> None:
        found = self.run("docker images --quiet --filter label=%s=%s | sort -u" % (LABEL, PREFIX)).split()
        if found:
            self.run("docker rmi --force " + " ".join(found))

    def configure(self, *words: str, ok: bool = True, **options: Any) -> dict[str, Any]:
        """What the module returns; `words` go to the command, as --check does."""
        arguments = ["--module-name", MODULE, "--args", json.dumps(options), *words]
        done = self._playbooks.run(self.name, *arguments, command="ansible")
        shown = done.stdout.partition(" => ")[2]
        assert shown, done.stdout + done.stderr
        assert (done.returncode == 0) == ok, shown
        return dict(json.JSONDecoder().raw_decode(shown)[0])

    def read(self, path: str) -> bytes:
        """Every byte of a file."""
        return base64.b64decode(self.run("base64 --wrap=0 '%s'" % path))

    # The engine -----------------------------------------------------------------------------------------------------

    def daemon_json(self) -> bytes:
        return self.read(DAEMON_JSON)

    def main_pid(self) -> str:
        return self.run("systemctl show --property=MainPID --value docker").strip()

    def now(self) -> str:
        return self.run("date +%s.%N").strip()

    def reloads(self, since: str) -> int:
        """How often the engine reloaded, by its own events."""
        listed = self.run(
            "docker events --since %s --until $(date +%%s.%%N) --filter type=daemon --filter event=reload" % since
        )
        return len(listed.splitlines())

    def reload(self) -> None:
        since = self.now()
        self.run("systemctl reload docker")
        self.run(
            "for try in $(seq 100); do docker events --since %s --until $(date +%%s.%%N) --filter event=reload | grep -q . && exit; "
            "sleep 0.1; done; exit 1" % since
        )

    def pull(self, name: str) -> str:
        """The digest of what was pulled."""
        self.run("docker pull --quiet " + name)
        return self.run("docker image inspect --format '{{index .RepoDigests 0}}' " + name).strip().partition("@")[2]

    def mirrors(self) -> list[str]:
        """As the engine has them."""
        told = self.run("docker info --format '{{json .RegistryConfig.IndexConfigs}}'")
        return list((json.loads(told)["docker.io"] or {}).get("Mirrors") or [])


class OwnDaemon:
    """A second real engine on a host, a service of its own that a test may start with flags, stop and restart."""

    UNIT = "t-mirror-docker"
    FOLDER = "/run/t-mirror"
    TEXT = b'{"debug": false}\n'

    def __init__(self, host: MirrorHost) -> None:
        self._host = host

    def __enter__(self) -> "OwnDaemon":
        self._host.run("mkdir -p %s && cat > %s/daemon.json" % (self.FOLDER, self.FOLDER), self.TEXT)
        return self

    def __exit__(self, *_what: object) -> None:
        unit = "/run/systemd/system/%s.service" % self.UNIT
        self._host.run("systemctl stop %s; rm -rf %s %s; systemctl daemon-reload" % (self.UNIT, unit, self.FOLDER))

    def start(self, *flags: str) -> None:
        words = ["/usr/sbin/dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        places = {"host": "unix://%s/docker.sock", "data-root": "%s/data", "exec-root": "%s/exec", "pidfile": "%s/pid"}
        places["config-file"] = "%s/daemon.json"
        words += ["--%s=%s" % (name, place % self.FOLDER) for name, place in places.items()]
        unit = "[Service]\nType=notify\nExecStart=%s\n" % " ".join([*words, *flags])
        path = "/run/systemd/system/%s.service" % self.UNIT
        self._host.run("test -e %s || cat > %s; systemctl daemon-reload" % (path, path), unit.encode())
        self._host.run("systemctl start " + self.UNIT)

    def stop(self) -> None:
        self._host.run("systemctl stop " + self.UNIT)

    def configure(self, **options: Any) -> dict[str, Any]:
        own = {"docker_host": "unix://%s/docker.sock" % self.FOLDER, "service": self.UNIT, "probe": False}
        places = {"daemon_config_path": self.FOLDER + "/daemon.json", "config_root": self.FOLDER + "/etc"}
        return self._host.configure(**{**own, **places, "state_file": self.FOLDER + "/state.json", **options})

    def daemon_json(self) -> bytes:
        return self._host.read(self.FOLDER + "/daemon.json")

    def main_pid(self) -> str:
        return self._host.run("systemctl show --property=MainPID --value " + self.UNIT).strip()

    def mirrors(self) -> list[str]:
        told = self._host.run(
            "docker -H unix://%s/docker.sock info --format '{{json .RegistryConfig.Mirrors}}'" % self.FOLDER
        )
        return list(json.loads(told) or [])
