# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of mirror_config, parsed and checked before anything is contacted."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import (
    EngineOptions,
    parse_engine_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import absolute_path, one_of, wait_seconds
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import (
    Mirror,
    parse_mirrors,
    parse_probe_image,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import AUTO, FILES

DOCKERD, CONTAINERD, BUILDKIT = "dockerd", "containerd", "buildkit"
CLIENTS = (DOCKERD, CONTAINERD, BUILDKIT)
RELOAD, RESTART, NONE = "reload", "restart", "none"
APPLY = (RELOAD, RESTART, NONE)
PRESENT, ABSENT = "present", "absent"
DEFAULT_ROOT = "/etc"
DEFAULT_SERVICE = "docker"
DEFAULT_DIAL_TIMEOUT = "5s"
DEFAULT_PROBE_TIMEOUT = 10
DEFAULT_STATE_FILE = "/var/lib/imagefleet/mirrors.json"
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:._-]*")
_CERTS = "certs.d"


@dataclass(frozen=True)
class Places:
    """Where each client's files are. `daemon_json_told`: somebody named that file, so the engine must be reading it."""

    certs: str
    daemon_json: str
    daemon_json_told: bool
    containerd_hosts: str
    containerd_config: str
    buildkitd: str


@dataclass(frozen=True)
class MirrorRequest:
    """The options of one run, parsed. `dial_timeout` in seconds, None to write none."""

    clients: Tuple[str, ...]
    mirrors: Tuple[Mirror, ...]
    engine: EngineOptions
    places: Places
    apply: str = RELOAD
    state: str = PRESENT
    dockerd_files: str = AUTO
    service: Optional[str] = DEFAULT_SERVICE + ".service"
    pidfile: Optional[str] = None
    backup: bool = False
    probe: bool = True
    probe_image: Optional[str] = None
    probe_timeout: int = DEFAULT_PROBE_TIMEOUT
    dial_timeout: Optional[int] = 5
    accept_insecure: bool = False
    accept_private_names: bool = False
    accept_interruption: bool = False
    state_file: str = field(default=DEFAULT_STATE_FILE)


def parse_mirror_options(options: Mapping[str, Any]) -> MirrorRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    state = one_of("state", options.get("state") or PRESENT, (PRESENT, ABSENT))
    mirrors = parse_mirrors(options.get("mirrors") or [])
    if state == PRESENT and not mirrors:
        raise PolicyError(
            "mirrors: list at least one registry with its endpoints, or say state: absent to remove what was written"
        )
    return MirrorRequest(
        clients=_clients(options.get("clients")),
        mirrors=mirrors,
        engine=parse_engine_options(options),
        places=_places(options),
        apply=one_of("apply", options.get("apply") or RELOAD, APPLY),
        state=state,
        dockerd_files=one_of("dockerd_files", options.get("dockerd_files") or AUTO, FILES),
        service=_service(options.get("service", DEFAULT_SERVICE)),
        pidfile=_path("pidfile", options["pidfile"]) if options.get("pidfile") else None,
        backup=bool(options.get("backup")),
        probe=bool(options.get("probe", True)),
        probe_image=parse_probe_image("probe_image", options["probe_image"]) if options.get("probe_image") else None,
        probe_timeout=wait_seconds("probe_timeout", options.get("probe_timeout") or DEFAULT_PROBE_TIMEOUT),
        dial_timeout=_dial_timeout(options.get("dial_timeout")),
        accept_insecure=bool(options.get("accept_insecure")),
        accept_private_names=bool(options.get("accept_private_names")),
        accept_interruption=bool(options.get("accept_interruption")),
        state_file=_path("state_file", options.get("state_file") or DEFAULT_STATE_FILE),
    )


def _clients(value: Any) -> Tuple[str, ...]:
    names = [DOCKERD] if value is None else list(value)
    if not names:
        raise PolicyError("clients: name at least one of %s" % ", ".join(CLIENTS))
    for name in names:
        one_of("clients", name, CLIENTS)
    return tuple(name for name in CLIENTS if name in names)


def _places(options: Mapping[str, Any]) -> Places:
    """A root that is itself called certs.d is the folder of hosts.toml files."""
    root = _path("config_root", options.get("config_root") or DEFAULT_ROOT)
    is_certs = os.path.basename(root) == _CERTS
    above = os.path.dirname(root) if is_certs else root
    told = options.get("daemon_config_path")
    certs = root if is_certs else os.path.join(root, "docker", _CERTS)
    hosts = root if is_certs else os.path.join(root, "containerd", _CERTS)
    docker = above if is_certs else os.path.join(root, "docker")
    return Places(
        certs=_path("certs_path", options.get("certs_path") or certs),
        daemon_json=_path("daemon_config_path", told or os.path.join(docker, "daemon.json")),
        daemon_json_told=bool(told),
        containerd_hosts=_path("containerd_hosts_path", options.get("containerd_hosts_path") or hosts),
        containerd_config=os.path.join(above if is_certs else os.path.join(root, "containerd"), "config.toml"),
        buildkitd=_path(
            "buildkitd_config_path",
            options.get("buildkitd_config_path") or os.path.join(above, "buildkit", "buildkitd.toml"),
        ),
    )


def _path(name: str, value: Any) -> str:
    return os.path.normpath(absolute_path(name, value))


def _service(value: Any) -> Optional[str]:
    name = str(value or "").strip()
    if not name:
        return None
    if not _UNIT.fullmatch(name):
        raise PolicyError("service: %r is not the name of a systemd service, such as docker" % name)
    return name if name.endswith(".service") else name + ".service"


def _dial_timeout(value: Any) -> Optional[int]:
    try:
        seconds = parse_duration(DEFAULT_DIAL_TIMEOUT if value is None else value)
    except PolicyError as error:
        raise PolicyError("dial_timeout: %s" % error) from error
    return seconds or None
