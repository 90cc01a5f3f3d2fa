# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach one registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

DOCKER_HUB = "docker.io"
DOCKER_HUB_API = "registry-1.docker.io"


@dataclass(frozen=True)
class RegistryOptions:
    """`registry` is host or host:port as in image names; `timeout` in seconds; `insecure` means plain HTTP."""

    registry: str
    username: Optional[str] = None
    password: Optional[str] = None
    token: Optional[str] = None
    config_path: Optional[str] = None
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    validate_certs: bool = True
    insecure: bool = False
    timeout: int = 30
    retries: int = 5

    @property
    def base_url(self) -> str:
        host = DOCKER_HUB_API if self.registry == DOCKER_HUB else self.registry
        return "%s://%s" % ("http" if self.insecure else "https", host)


def make_registry_options(registry: str, options: Mapping[str, Any]) -> RegistryOptions:
    """From a module's `registries` entry; absent keys take their defaults."""
    known = {
        name: options[name]
        for name in RegistryOptions.__dataclass_fields__
        if options.get(name) is not None and name != "registry"
    }
    return RegistryOptions(registry=registry, **known)
