# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet: hosts with systemd, ssh, cron and a Docker of their own, as containers of the carrier.

Each host has a loopback address of its own for ssh. Its Docker is told before its first start to leave the network
alone, because the host shares the machine's network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .addresses import Block
from .carrier import Carrier
from .commands import output, run, wait_until
from .paths import Instance
from .registry import REGIONS


@dataclass(frozen=True)
class HostKind:
    """What a host is made of."""

    name: str
    rootfs: str
    store: str


#: All hosts in the order of their addresses.
HOSTS = (
    HostKind("host-1", "host-bookworm", "overlay2"),
    HostKind("host-2", "host-bookworm", "overlay2"),
    HostKind("host-3", "host-trixie", "containerd"),
    HostKind("host-4", "host-trixie", "containerd"),
)

_SSHD = """Port %(port)d
ListenAddress %(address)s
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100:30:200
UseDNS no
"""


class Fleet:
    """All hosts of an instance."""

    def __init__(self, instance: Instance, carrier: Carrier, block: Block) -> None:
        self.folder = instance.root / "fleet"
        self.key = self.folder / "id_ed25519"
        self.known_hosts = self.folder / "known_hosts"
        self._instance = instance
        self._carrier = carrier
        self._block = block

    def address(self, kind: HostKind) -> str:
        return self._block.host(HOSTS.index(kind) + 1)

    def prepare(self) -> None:
        """Generate the login key and the hosts' keys, and write known_hosts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _keypair(self.key, "lab")
        lines = []
        for kind in HOSTS:
            path = self._host_key(kind)
            _keypair(path, kind.name)
            public = " ".join(path.with_suffix(".pub").read_text().split()[:2])
            lines.append("[%s]:%d %s" % (self.address(kind), self._block.ssh_port, public))
        self.known_hosts.write_text("\n".join(lines) + "\n")

    def _host_key(self, kind: HostKind) -> Path:
        return self.folder / ("%s_ed25519" % kind.name)

    def start(self, kind: HostKind) -> None:
        """Start one host and wait until ssh and its Docker answer; nothing happens if they already do."""
        image = self._carrier.ensure_image(kind.rootfs)
        options = ["--tmpfs=/run", "--tmpfs=/run/lock", "--env=container=docker", "--stop-signal=SIGRTMIN+3"]
        options += ["--volume=/var/lib/docker", "--volume=/var/lib/containerd"]
        for number, region in enumerate(REGIONS, 1):
            options.append("--add-host=%s.test:%s" % (region, self._block.registry(number)))
        self._carrier.run_machine(kind.name, image, options, ["/sbin/init"], self._files(kind))
        self._wait_for(kind)

    def power_off(self, kind: HostKind) -> None:
        """End one host as when its plug is pulled, and wait until ssh does not answer."""
        self._carrier.kill_machine(kind.name)
        wait_until("ssh to %s still answers" % kind.name, lambda: not self._ssh_answers(kind), 30)

    def power_on(self, kind: HostKind) -> None:
        """Boot it again from its own disks."""
        self._carrier.boot_machine(kind.name)
        self._wait_for(kind)

    def _wait_for(self, kind: HostKind) -> None:
        wait_until("Docker on %s" % kind.name, lambda: self._docker_answers(kind), 90, self._alive(kind))
        wait_until("ssh to %s" % kind.name, lambda: self._ssh_answers(kind), 60, self._alive(kind))

    def _files(self, kind: HostKind) -> dict[str, tuple[bytes, int]]:
        cgroup = "%s/%s" % (self._instance.cgroup, kind.name)
        daemon: dict[str, Any] = {"bridge": "none", "iptables": False, "ip6tables": False, "ip-forward": False}
        daemon.update({"cgroup-parent": cgroup, "exec-opts": ["native.cgroupdriver=cgroupfs"]})
        if kind.store == "containerd":
            daemon["features"] = {"containerd-snapshotter": True}
        sshd = _SSHD % {"port": self._block.ssh_port, "address": self.address(kind)}
        machine_id = hashlib.md5(("%s %s" % (self._instance.root, kind.name)).encode()).hexdigest()
        key = self._host_key(kind)
        return {
            "/etc/docker/daemon.json": (json.dumps(daemon, indent=2).encode() + b"\n", 0o644),
            "/etc/ssh/sshd_config.d/lab.conf": (sshd.encode(), 0o644),
            "/etc/ssh/ssh_host_ed25519_key": (key.read_bytes(), 0o600),
            "/etc/ssh/ssh_host_ed25519_key.pub": (key.with_suffix(".pub").read_bytes(), 0o644),
            "/root/.ssh/authorized_keys": (self.key.with_suffix(".pub").read_bytes(), 0o600),
            # A host with an empty machine-id would take its first boot for an installation and enable every service.
            "/etc/machine-id": (machine_id.encode() + b"\n", 0o444),
            "/etc/motd": (b"", 0o644),
        }

    def _alive(self, kind: HostKind):  # type: ignore[no-untyped-def]
        return lambda: self._carrier.running(kind.name)

    def _docker_answers(self, kind: HostKind) -> bool:
        done = run(
            self._carrier.docker.argv("exec", kind.name, "docker", "version"), self._carrier.docker.env, check=False
        )
        return done.returncode == 0

    def ssh(self, kind: HostKind, *command: str) -> list[str]:
        """Command line that runs a command on a host."""
        return [
            *("ssh", "-F", "none", "-i", str(self.key), "-p", str(self._block.ssh_port)),
            *("-o", "UserKnownHostsFile=%s" % self.known_hosts, "-o", "StrictHostKeyChecking=yes"),
            *("-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "root@%s" % self.address(kind)),
            *command,
        ]

    def _ssh_answers(self, kind: HostKind) -> bool:
        return run(self.ssh(kind, "true"), check=False).returncode == 0

    def describe(self, kind: HostKind) -> dict[str, Any]:
        """The host as an entry of lab.json."""
        version = output(self.ssh(kind, "docker version --format '{{.Server.Version}} {{.Server.APIVersion}}'")).split()
        return {
            "name": kind.name,
            "address": self.address(kind),
            "port": self._block.ssh_port,
            "user": "root",
            "key": str(self.key),
            "store": kind.store,
            "engine_version": version[0],
            "api_version": version[1],
            "container": kind.name,
        }


def _keypair(path: Path, comment: str) -> None:
    if not path.with_suffix(".pub").exists():
        path.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path])
