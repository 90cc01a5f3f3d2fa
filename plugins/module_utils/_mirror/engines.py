# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine of some version can be told about mirrors, and in which file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import (
    PUSH,
    RESOLVE,
    Endpoint,
    Mirror,
)

AUTO, DAEMON_JSON, HOSTS_TOML = "auto", "daemon_json", "hosts_toml"
FILES = (AUTO, DAEMON_JSON, HOSTS_TOML)
# moby c587ba3422: a mirror's address may have a path.
PATH_SINCE = 25
# moby daemon/hosts.go: the containerd store reads certs.d/*/hosts.toml.
HOSTS_TOML_SINCE = 28
VALIDATE_SINCE = 23
# Whose reader of hosts.toml knows dial_timeout.
DIAL_TIMEOUT_ENGINE = (29, 0)
DIAL_TIMEOUT_CONTAINERD = (2, 1)
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})")


@dataclass(frozen=True)
class EngineKind:
    """`version` as (major, minor)."""

    version: Tuple[int, int]
    containerd_store: bool

    @property
    def name(self) -> str:
        store = "containerd image store" if self.containerd_store else "graph driver"
        return "Docker Engine %d.%d (%s)" % (*self.version, store)

    @property
    def reads_hosts_toml(self) -> bool:
        return self.containerd_store and self.version[0] >= HOSTS_TOML_SINCE


def parse_version(text: str) -> Optional[Tuple[int, int]]:
    """From `26.1.5+dfsg1`; None when there is none in it."""
    match = _VERSION.search(text)
    return (int(match.group(1)), int(match.group(2))) if match else None


def engine_kind(info: Mapping[str, Any]) -> EngineKind:
    """From `GET /info`; raises PolicyError when it tells no version."""
    told = str(info.get("ServerVersion") or "")
    version = parse_version(told)
    if version is None:
        raise PolicyError(
            "the engine tells %r as its version, so what it can be told is not known; set dockerd_files" % told
        )
    pairs = [pair for pair in info.get("DriverStatus") or [] if isinstance(pair, (list, tuple)) and len(pair) == 2]
    status = {str(pair[0]): str(pair[1]) for pair in pairs}
    return EngineKind(version, status.get("driver-type") == "io.containerd.snapshotter.v1")


def choose_files(wanted: str, kind: Optional[EngineKind]) -> str:
    """Which file dockerd is told in; without `kind` the option must say it. Raises PolicyError."""
    if wanted == AUTO:
        if kind is None:
            raise PolicyError(
                "dockerd_files: the engine was not asked, so say which file it reads: daemon_json or hosts_toml"
            )
        return HOSTS_TOML if kind.reads_hosts_toml else DAEMON_JSON
    if wanted == HOSTS_TOML and kind is not None and not kind.reads_hosts_toml:
        raise PolicyError(
            "dockerd_files: %s does not read hosts.toml; that takes engine %d with the containerd image store"
            % (kind.name, HOSTS_TOML_SINCE)
        )
    return wanted


@dataclass(frozen=True)
class DaemonLists:
    """What daemon.json is to hold of ours; `notes` is what it cannot say, in plain words."""

    mirrors: Tuple[str, ...] = ()
    insecure: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()


def daemon_lists(mirrors: Sequence[Mirror], kind: Optional[EngineKind]) -> DaemonLists:
    """The mirrors for daemon.json; raises PolicyError for what this engine does not take there."""
    name = kind.name if kind is not None else "daemon.json"
    addresses: List[str] = []
    insecure: List[str] = []
    notes: List[str] = []
    for mirror in mirrors:
        if not mirror.is_hub:
            raise PolicyError(
                "mirrors of %s: %s knows mirrors of docker.io alone; those of other registries take engine %d with the containerd "
                "image store (hosts.toml)" % (mirror.registry, name, HOSTS_TOML_SINCE)
            )
        if not mirror.fallback:
            raise PolicyError(
                "mirrors of docker.io: %s always asks Docker Hub last; fallback: false takes engine %d with the containerd image store "
                "(hosts.toml)" % (name, HOSTS_TOML_SINCE)
            )
        for endpoint in mirror.endpoints:
            addresses.append(_address(endpoint, kind, name))
            if endpoint.insecure and not endpoint.is_local and endpoint.host not in insecure:
                insecure.append(endpoint.host)
            if endpoint.capabilities is not None and RESOLVE not in endpoint.capabilities:
                notes.append(
                    "%s: in daemon.json a mirror is always asked what a tag means, too; capabilities count in hosts.toml only"
                    % endpoint.url
                )
            if PUSH in (endpoint.capabilities or ()):
                notes.append("%s: in daemon.json a mirror is never pushed to" % endpoint.url)
    return DaemonLists(tuple(addresses), tuple(insecure), tuple(notes))


def _address(endpoint: Endpoint, kind: Optional[EngineKind], name: str) -> str:
    if not endpoint.path:
        return endpoint.url
    if kind is not None and kind.version[0] < PATH_SINCE:
        raise PolicyError(
            "mirrors of docker.io: %s: %s takes no path in a mirror's address; that takes engine %d. Give the mirror a name or port of "
            "its own" % (endpoint.url, name, PATH_SINCE)
        )
    if kind is not None and kind.containerd_store:
        # Its resolver is buildkit's, which puts /v2 before the path.
        if not endpoint.repository_prefix:
            raise PolicyError(
                "mirrors of docker.io: %s: %s asks a mirror at /v2/PATH/REPOSITORY only; write the path as /v2/PATH"
                % (endpoint.url, name)
            )
        return "%s://%s/%s" % (endpoint.scheme, endpoint.host, endpoint.repository_prefix.rstrip("/"))
    if endpoint.repository_prefix:
        raise PolicyError(
            "mirrors of docker.io: %s: %s asks a mirror at PATH/v2/REPOSITORY only; a path before the repository takes hosts.toml"
            % (endpoint.url, name)
        )
    return endpoint.url
