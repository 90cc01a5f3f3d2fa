# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Docker engine that runs directly on the machine: own socket, data, containerd; no bridge, no rules.

Used for the lab's own engines and for throw-away engines of tests:

    engine = Engine("overlay2", instance_root / "engines" / "x1")
    engine.start(); engine.restart(); engine.kill(); engine.destroy()
"""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from pathlib import Path
from typing import Any, Mapping

from . import addresses
from .certificates import make_certificates
from .commands import wait_until
from .engine_api import answers, get
from .errors import LabError
from .kernel import remove_cgroups, thaw, unmount_below
from .paths import Cache, cache, cgroup_of, lab_root
from .process import end, gone, identify, members_in_cgroup, members_marked, recall, remember, send, spawn
from .tools import environment, program

#: Environment variable of an engine's processes: the directory of the engine.
ENGINE_MARKER = "IMAGEFLEET_LAB_ENGINE"

#: kind -> suite that ships its dockerd
_DAEMONS = {"overlay2": "bookworm", "containerd": "trixie"}
_SOCKET_LIMIT = 107

# Daemons write below /etc/docker, /opt/containerd, /run/docker and /run/containerd whatever their arguments say, so
# each engine sees private copies of these folders. Its mounts vanish with its last process.
_PRIVATE_MOUNTS = """
for folder in etc opt; do
  mount -t overlay lab -o "lowerdir=/$folder,upperdir=$1/$folder,workdir=$1/$folder.work" "/$folder"
done
mount -t tmpfs lab /run
shift
exec "$@"
"""


def daemon_arguments(folder: Path) -> list[str]:
    """dockerd's arguments for an engine below a folder; the machine's network is left alone."""
    return [
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--host=unix://%s/docker.sock" % folder,
        "--data-root=%s/data" % folder,
        "--exec-root=%s/exec" % folder,
        "--pidfile=%s/docker.pid" % folder,
        "--config-file=%s/daemon.json" % folder,
    ]


def daemon_config(kind: str, cgroup: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """daemon.json of a kind; `extra` is merged over it."""
    config: dict[str, Any] = {"cgroup-parent": cgroup, "exec-opts": ["native.cgroupdriver=cgroupfs"]}
    if kind == "containerd":
        config["features"] = {"containerd-snapshotter": True}
    config.update(extra)
    return config


class Engine:
    """One engine: kind "overlay2" (20.10, graph driver) or "containerd" (26.1, containerd image store)."""

    def __init__(
        self,
        kind: str,
        folder: Path | str,
        tcp_tls: bool = False,
        config: Mapping[str, Any] | None = None,
        store: Cache | None = None,
    ) -> None:
        if kind not in _DAEMONS:
            raise LabError("engine kind %r: use one of %s" % (kind, ", ".join(sorted(_DAEMONS))))
        self.kind = kind
        self.folder = Path(folder)
        self.socket = self.folder / "docker.sock"
        self.docker_host = "unix://%s" % self.socket
        self.data_root = self.folder / "data"
        self.log = self.folder / "dockerd.log"
        self.tls_host: str | None = None
        self._tcp_tls = tcp_tls
        self._config = dict(config or {})
        self._cache = store or cache()
        self._pidfile = self.folder / "process.json"
        if len(str(self.folder / "exec/containerd/containerd-debug.sock")) > _SOCKET_LIMIT:
            raise LabError("%s is too long a directory for an engine: its sockets would exceed 107 bytes" % self.folder)
        self._owner = self._owning_instance()
        self.cgroup = "%s/%s" % (cgroup_of(self._owner), self.folder.name)

    def _owning_instance(self) -> Path:
        """Directory of the instance that this engine lies in, so that `down` finds it; else the engine's own."""
        if lab_root() in self.folder.parents:
            return lab_root() / self.folder.relative_to(lab_root()).parts[0]
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return self.folder.parent / ("adhoc-" + digest)

    @property
    def certificates(self) -> Path:
        """Folder with ca.pem, cert.pem and key.pem for clients of the TLS address."""
        return self.folder / "tls"

    @property
    def pid(self) -> int | None:
        """Process id of dockerd while it runs."""
        process = recall(self._pidfile)
        return process.pid if process else None

    def start(self) -> "Engine":
        """Start and wait until it answers; nothing happens if it already does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = daemon_config(self.kind, self.cgroup, self._config)
        if self.kind == "overlay2":  # 20.10 would otherwise write a key below /etc/docker
            config.setdefault("deprecated-key-path", str(self.folder / "key.json"))
        arguments = daemon_arguments(self.folder) + self._tls_arguments()
        (self.folder / "daemon.json").write_text(json.dumps(config, indent=1))
        process = recall(self._pidfile)
        if process is None:
            self._forget_zombie()
            suite = _DAEMONS[self.kind]
            environ = dict(environment(self._cache, self.kind), **{ENGINE_MARKER: str(self.folder)})
            daemon = program(self._cache, suite, "dockerd")
            process = spawn(self._inside() + [str(daemon)] + arguments, environ, self.log, self._owner)
            remember(process, self._pidfile)
        started = process
        wait_until("engine %s" % self.folder, lambda: answers(self.socket), 60, lambda: not gone(started), self.log)
        return self

    def _forget_zombie(self) -> None:
        """After a crash: containerd, which may have died with dockerd, stays a zombie where no parent takes notice, and
        the new dockerd would wait for it. So the record of its process id goes first, as a reboot would do it."""
        record = self.folder / "exec" / "containerd" / "containerd.pid"
        if record.exists() and identify(int(record.read_text())) is None:
            record.unlink()

    def _inside(self) -> list[str]:
        """Command prefix for a mount namespace of the engine's own; that of its surviving containerd if there is one.

        A restarted daemon must see the same mounts as the containerd and the containers that outlived the crash.
        """
        wanted = ("%s=%s" % (ENGINE_MARKER, self.folder)).encode()
        for process in members_marked(wanted):
            return ["nsenter", "--mount=/proc/%d/ns/mnt" % process.pid, "--"]
        private = self.folder / "private"
        for name in ("etc", "etc.work", "opt", "opt.work"):
            (private / name).mkdir(parents=True, exist_ok=True)
        return ["unshare", "--mount", "--propagation=private", "--", "sh", "-euc", _PRIVATE_MOUNTS, "lab", str(private)]

    def _tls_arguments(self) -> list[str]:
        if not self._tcp_tls:
            return []
        record = self.folder / "tls-address"
        if not record.exists():
            address = "127.0.0.1" if self._owner.name.startswith("adhoc-") else self._own_address()
            record.write_text("%s:%d" % (address, addresses.free_port(address)))
        self.tls_host = "tcp://" + record.read_text()
        make_certificates(self.certificates, record.read_text().split(":")[0])
        return [
            "--host=" + self.tls_host,
            "--tlsverify",
            "--tlscacert=%s/ca.pem" % self.certificates,
            "--tlscert=%s/server-cert.pem" % self.certificates,
            "--tlskey=%s/server-key.pem" % self.certificates,
        ]

    def _own_address(self) -> str:
        state = json.loads((self._owner / "state.json").read_text())
        return addresses.block_from(state["block"]).engine(1)

    def stop(self) -> None:
        """Orderly stop (SIGTERM); containers stop too."""
        process = recall(self._pidfile)
        if process is not None:
            end(process, "engine %s does not stop" % self.folder)

    def restart(self) -> "Engine":
        """Stop and start again with the same data."""
        self.stop()
        return self.start()

    def kill(self) -> None:
        """SIGKILL dockerd only, as a crash would; its containerd and containers live on."""
        process = recall(self._pidfile)
        if process is not None:
            send(process, signal.SIGKILL)
            wait_until("engine %s after SIGKILL" % self.folder, lambda: gone(process), 10)

    def destroy(self) -> None:
        """End everything of this engine and remove its directory, mounts and control groups."""
        wait_until("processes of engine %s after SIGKILL" % self.folder, self._none_left, 60)
        unmount_below(self.folder)
        remove_cgroups(self.cgroup)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _none_left(self) -> bool:
        wanted = ("%s=%s" % (ENGINE_MARKER, self.folder)).encode()
        found = set(members_marked(wanted)) | set(members_in_cgroup(self.cgroup))
        living = [process for process in found if not gone(process)]
        thaw(self.cgroup)
        for process in living:
            send(process, signal.SIGKILL)
        return not living

    def describe(self, name: str) -> dict[str, Any]:
        """The engine as an entry of lab.json."""
        return describe(name, self.kind, self.socket, self.data_root, {"pid": self.pid})


def describe(name: str, kind: str, sock: Path, data_root: Path, how: Mapping[str, Any]) -> dict[str, Any]:
    """Entry of lab.json for an engine that answers on a socket."""
    version = get(sock, "/version")
    entry = {
        "name": name,
        "kind": kind,
        "version": version["Version"],
        "api_version": version["ApiVersion"],
        "docker_host": "unix://%s" % sock,
        "data_root": str(data_root),
        "storage_path": str(data_root),
    }
    return dict(entry, **how)
