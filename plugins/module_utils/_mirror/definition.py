# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted: which registries have mirrors, and what may be asked of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference

DOCKER_HUB = "docker.io"
HUB_SERVER = "https://registry-1.docker.io"
_HUB_NAMES = (DOCKER_HUB, "index.docker.io", "registry-1.docker.io")
PULL, RESOLVE, PUSH = "pull", "resolve", "push"
CAPABILITIES = (PULL, RESOLVE, PUSH)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
# What needs no quoting in any of the files.
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class Endpoint:
    """One mirror. `host` with its port; `path` is empty or begins with a slash and ends without one.

    A path /v2/NAME stands before the repository, so the mirror answers at /v2/NAME/REPOSITORY; any other path stands before
    /v2, so it answers at PATH/v2/REPOSITORY. `capabilities` None: not told.
    """

    scheme: str
    host: str
    path: str = ""
    capabilities: Optional[Tuple[str, ...]] = None
    ca_file: Optional[str] = None
    insecure: bool = False

    @property
    def url(self) -> str:
        return "%s://%s%s" % (self.scheme, self.host, self.path)

    @property
    def repository_prefix(self) -> str:
        """What stands before the repository; empty or with a slash at its end."""
        return self.path[len("/v2/") :] + "/" if self.path.startswith("/v2/") else ""

    @property
    def root_path(self) -> str:
        """What stands before /v2."""
        return "" if self.repository_prefix else self.path

    @property
    def is_local(self) -> bool:
        """Whether it names this machine itself, which clients take without encryption anyway."""
        name = host_name(self.host)
        return name == "localhost" or name == "::1" or name.startswith("127.")


@dataclass(frozen=True)
class Mirror:
    """The mirrors of one registry, in the order in which they are asked; `fallback`: the registry itself comes last."""

    registry: str
    endpoints: Tuple[Endpoint, ...]
    fallback: bool = True
    probe_image: Optional[str] = None

    @property
    def is_hub(self) -> bool:
        return self.registry == DOCKER_HUB

    @property
    def server(self) -> str:
        """Where the registry itself answers."""
        return HUB_SERVER if self.is_hub else "https://" + self.registry

    def capabilities(self, endpoint: Endpoint) -> Tuple[str, ...]:
        """Pull alone, unless told; where the registry itself is never asked, somebody else must say what a tag means."""
        if endpoint.capabilities is not None:
            return endpoint.capabilities
        return (PULL,) if self.fallback else (PULL, RESOLVE)


def host_name(host: str) -> str:
    """Without port and brackets."""
    if host.startswith("["):
        return host[1 : host.index("]")]
    return host.partition(":")[0]


def parse_mirrors(value: Any) -> Tuple[Mirror, ...]:
    """The option `mirrors`; raises PolicyError naming entry, field, value and what is accepted."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise PolicyError("mirrors: %r is not a list" % (value,))
    found: List[Mirror] = []
    for number, entry in enumerate(value):
        where = "mirrors[%d]" % number
        mirror = _mirror(where, _mapping(where, entry))
        if mirror.registry in {one.registry for one in found}:
            raise PolicyError(
                "%s.registry: %s has an entry already; list all its endpoints in one" % (where, mirror.registry)
            )
        found.append(mirror)
    return tuple(found)


def _mirror(where: str, entry: Mapping[str, Any]) -> Mirror:
    registry = str(entry.get("registry") or "").strip()
    if not _HOST.fullmatch(registry):
        raise PolicyError(
            "%s.registry: %r is not a registry; write host or host:port as in image names, for example docker.io"
            % (where, registry)
        )
    registry = DOCKER_HUB if registry in _HUB_NAMES else registry
    endpoints = entry.get("endpoints")
    if not isinstance(endpoints, Sequence) or isinstance(endpoints, (str, bytes)) or not endpoints:
        raise PolicyError(
            "%s.endpoints: list at least one mirror of %s, for example {url: https://mirror.example.com}"
            % (where, registry)
        )
    parsed: List[Endpoint] = []
    for number, one in enumerate(endpoints):
        place = "%s.endpoints[%d]" % (where, number)
        endpoint = _endpoint(place, _mapping(place, one))
        if endpoint.url in {other.url for other in parsed}:
            raise PolicyError("%s.url: %s is listed twice" % (place, endpoint.url))
        if endpoint.host == (registry if registry != DOCKER_HUB else "registry-1.docker.io"):
            raise PolicyError("%s.url: %s is the registry itself, which needs no mirror entry" % (place, endpoint.url))
        parsed.append(endpoint)
    made = Mirror(registry, tuple(parsed), bool(entry.get("fallback", True)), _image(where, entry.get("probe_image")))
    if not made.fallback and not any(RESOLVE in made.capabilities(one) for one in parsed):
        raise PolicyError(
            "%s.fallback: without %s itself nobody may say what a tag means; give a mirror the capability resolve"
            % (where, registry)
        )
    _agree(where, parsed)
    return made


def _agree(where: str, endpoints: Sequence[Endpoint]) -> None:
    """Certificates and insecurity belong to a host in most clients, not to an address."""
    by_host: Dict[str, Endpoint] = {}
    for number, one in enumerate(endpoints):
        other = by_host.setdefault(one.host, one)
        if (other.scheme, other.ca_file, other.insecure) != (one.scheme, one.ca_file, one.insecure):
            raise PolicyError(
                "%s.endpoints[%d]: %s and %s are one host; scheme, ca_file and insecure must be the same"
                % (where, number, other.url, one.url)
            )


def _endpoint(where: str, entry: Mapping[str, Any]) -> Endpoint:
    text = str(entry.get("url") or "").strip()
    try:
        parts = urlsplit(text)
        host, path = parts.netloc.lower(), parts.path.rstrip("/")
        wrong = (
            parts.scheme not in ("http", "https")
            or not _HOST.fullmatch(host)
            or not _PATH.fullmatch(path)
            or any(piece in (".", "..") for piece in path.split("/"))
            or bool(parts.query or parts.fragment)
        )
    except ValueError:
        wrong, host, path, parts = True, "", "", urlsplit("")
    if wrong:
        raise PolicyError(
            "%s.url: %r is not the address of a mirror; write http:// or https://, host, port and path, without user, password, "
            "query or fragment" % (where, text if "@" not in text else text.partition("://")[0] + "://...")
        )
    if path == "/v2":
        path = ""
    elif path.endswith("/v2"):
        path = path[: -len("/v2")]
    insecure = bool(entry.get("insecure"))
    ca_file = entry.get("ca_file") or None
    if parts.scheme == "http" and not insecure:
        raise PolicyError(
            "%s.insecure: %s is not encrypted, so anybody on the way may change what it sends; use https://, or say insecure: true"
            % (where, text)
        )
    if ca_file is not None and insecure:
        raise PolicyError("%s.ca_file: with insecure: true no certificate is verified; drop one of them" % where)
    if ca_file is not None and not str(ca_file).startswith("/"):
        raise PolicyError("%s.ca_file: %r is not an absolute path" % (where, ca_file))
    return Endpoint(parts.scheme, host, path, _capabilities(where, entry.get("capabilities")), ca_file, insecure)


def _capabilities(where: str, value: Any) -> Optional[Tuple[str, ...]]:
    if value is None:
        return None
    if (
        not isinstance(value, Sequence)
        or isinstance(value, (str, bytes))
        or not set(map(str, value)) <= set(CAPABILITIES)
    ):
        raise PolicyError("%s.capabilities: %r; list some of %s" % (where, value, ", ".join(CAPABILITIES)))
    if PULL not in value:
        raise PolicyError("%s.capabilities: a mirror that is not asked to pull is no mirror; add pull" % where)
    return tuple(name for name in CAPABILITIES if name in value)


def _image(where: str, value: Any) -> Optional[str]:
    if value in (None, ""):
        return None
    return parse_probe_image("%s.probe_image" % where, value)


def parse_probe_image(where: str, value: Any) -> str:
    """REPOSITORY:TAG or REPOSITORY@DIGEST without a registry; raises PolicyError."""
    try:
        reference = parse_reference("registry.invalid/%s" % value)
    except PolicyError as error:
        raise PolicyError(
            "%s: %r is not a repository with a tag, as library/busybox:1.36 is" % (where, value)
        ) from error
    if not reference.tag and not reference.digest:
        raise PolicyError("%s: %r names no tag; write for example %s:latest" % (where, value, value))
    return str(value)


def _mapping(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError("%s: %r is not a mapping" % (where, value))
    return value
