# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach one registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

DOCKER_HUB = "docker.io"
DOCKER_HUB_API = "registry-1.docker.io"
DEFAULT_CACHE_DIR = "/var/cache/imagefleet"
# What a header can carry (RFC 6750 allows less).
_TOKEN = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class RegistryOptions:
    """`registry` is host or host:port as in image names; `timeout` in seconds; `insecure` means plain HTTP.

    `concurrency` is how many requests may be under way at a time; without `cache_dir` nothing is remembered on disk.
    `root_path` stands before /v2, and `namespace` is the registry that a mirror is asked for (containerd's `ns`).
    """

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
    concurrency: int = 8
    cache_dir: Optional[str] = None
    root_path: str = ""
    namespace: str = ""

    @property
    def base_url(self) -> str:
        host = DOCKER_HUB_API if self.registry == DOCKER_HUB else self.registry
        # As the library requests writes addresses.
        return "%s://%s" % ("http" if self.insecure else "https", host.lower())


def make_registry_options(options: Mapping[str, Any], where: str = "") -> RegistryOptions:
    """From a module's options or an entry of its `registries`; absent keys take their defaults.

    Raises PolicyError naming the option (`where` before it), the value, the cause and what is accepted.
    """
    known = {name: options[name] for name in RegistryOptions.__dataclass_fields__ if options.get(name) is not None}
    registry = str(known.get("registry", "")).strip()
    if not _HOST.fullmatch(registry):
        raise PolicyError(
            "%sregistry: %r is not a registry; write host or host:port as in image names, without https:// and path"
            % (where, registry)
        )
    if registry in ("index.docker.io", DOCKER_HUB_API):
        registry = DOCKER_HUB
    if isinstance(known.get("token"), str):
        # Files that hold one end with a line break.
        known["token"] = known["token"].strip()
    made = RegistryOptions(**{**known, "registry": registry})
    _check(made, where)
    return made


def is_token(text: str) -> bool:
    """Whether it can be sent as a bearer token."""
    return _TOKEN.fullmatch(text) is not None


def _check(options: RegistryOptions, where: str) -> None:
    if options.token and options.username:
        raise PolicyError("%stoken: give either a token or username and password, not both" % where)
    if options.token and not is_token(options.token):
        raise PolicyError("%stoken: it holds spaces or characters that no token has; give the token alone" % where)
    if options.password is not None and options.username is None:
        raise PolicyError("%spassword: it has no effect without username" % where)
    if (options.client_cert is None) != (options.client_key is None):
        given, other = ("client_cert", "client_key") if options.client_cert else ("client_key", "client_cert")
        raise PolicyError("%s%s: it has no effect without %s" % (where, given, other))
    if options.insecure and options.ca_path:
        raise PolicyError("%sca_path: with insecure: true there is no certificate to verify; drop one of them" % where)
    for name, least, most in (("timeout", 1, 3600), ("retries", 0, 20), ("concurrency", 1, 64)):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise PolicyError("%s%s: %r is not a whole number from %d to %d" % (where, name, value, least, most))
