# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach one Docker Engine; the names are those of community.docker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
SCHEMES = ("unix://", "tcp://", "https://", "http://", "ssh://")


# 1.41 is Engine 20.10, the oldest that we prove.
OLDEST_API = (1, 41)
_API_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")


@dataclass(frozen=True)
class EngineOptions:
    """One engine and how to authenticate to it; `timeout` in seconds, `api_version` None to negotiate."""

    docker_host: str = DEFAULT_DOCKER_HOST
    tls: bool = False
    validate_certs: bool = False
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    tls_hostname: Optional[str] = None
    api_version: Optional[Tuple[int, int]] = None
    timeout: int = 60
    use_ssh_client: bool = False

    @property
    def socket_path(self) -> Optional[str]:
        """The path of the unix socket, or None for a remote engine."""
        if self.docker_host.startswith("unix://"):
            return "/" + self.docker_host[len("unix://") :].lstrip("/")
        return None


def parse_api_version(text: str) -> Optional[Tuple[int, int]]:
    """'1.41' -> (1, 41); None for anything else."""
    match = _API_VERSION.fullmatch(text)
    return (int(match.group(1)), int(match.group(2))) if match else None


def _wanted_version(text: str) -> Optional[Tuple[int, int]]:
    if text == "auto":
        return None
    version = parse_api_version(text)
    if version is None:
        raise PolicyError("api_version: %r is not an API version; write auto or for example 1.41" % text)
    if version < OLDEST_API:
        raise PolicyError(
            "api_version: %s is too old; %d.%d (Engine 20.10) or newer is needed" % ((text,) + OLDEST_API)
        )
    return version


def parse_engine_options(options: Mapping[str, Any]) -> EngineOptions:
    """Pick the engine's options out of a larger mapping; raises PolicyError naming option, value and what is accepted."""
    host = str(options.get("docker_host") or DEFAULT_DOCKER_HOST)
    if not host.startswith(SCHEMES):
        raise PolicyError(
            "docker_host: %r is not a Docker host; write one of %s, for example %s"
            % (host, ", ".join(SCHEMES), DEFAULT_DOCKER_HOST)
        )
    cert, key = options.get("client_cert"), options.get("client_key")
    if bool(cert) != bool(key):
        raise PolicyError(
            "%s: given without %s; a client certificate needs both"
            % (("client_cert", "client_key") if cert else ("client_key", "client_cert"))
        )
    timeout = options.get("timeout")
    try:
        seconds = 60 if timeout is None else int(timeout)
    except (TypeError, ValueError):
        seconds = 0
    if seconds <= 0:
        raise PolicyError("timeout: %r is not a positive number of seconds" % (timeout,))
    return EngineOptions(
        docker_host=host,
        tls=bool(options.get("tls")),
        validate_certs=bool(options.get("validate_certs")),
        ca_path=options.get("ca_path") or None,
        client_cert=cert or None,
        client_key=key or None,
        tls_hostname=options.get("tls_hostname") or None,
        api_version=_wanted_version(str(options.get("api_version") or "auto")),
        timeout=seconds,
        use_ssh_client=bool(options.get("use_ssh_client")),
    )
