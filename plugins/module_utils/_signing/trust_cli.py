# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which docker command lines have `docker trust`, which server they ask, and what they are told by variables (pure)."""

from __future__ import annotations

import re
from typing import Dict, Mapping, Optional
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import DEFAULT_DOMAIN, Reference

#: The first version without it (November 2025).
GONE_SINCE = 29
_HUB_SERVER = "https://notary.docker.io"
_UNKNOWN = re.compile(r"unknown command: docker trust|'trust' is not a docker command")
_VERSION = re.compile(r"Docker version ([0-9]+\.[0-9][^\s,]*)")

SERVER, CONFIG, HOST = "DOCKER_CONTENT_TRUST_SERVER", "DOCKER_CONFIG", "DOCKER_HOST"
ROOT_PASSPHRASE = "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE"
REPOSITORY_PASSPHRASE = "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"
# All that decides what `docker trust` does. What is empty counts as not given, so nothing comes from the caller's environment.
_NOTHING: Mapping[str, str] = {
    "DOCKER_CONTENT_TRUST": "",
    "DOCKER_CONTEXT": "",
    "DOCKER_TLS": "",
    "DOCKER_TLS_VERIFY": "",
    "DOCKER_CERT_PATH": "",
    "DOCKER_API_VERSION": "",
    ROOT_PASSPHRASE: "",
    REPOSITORY_PASSPHRASE: "",
}


def read_version(told: str, program: str) -> str:
    """From what `docker --version` prints, which asks no engine. Raises ToolError."""
    found = _VERSION.match(told.strip())
    if found is None:
        raise ToolError(
            "%s is no docker command line: it calls itself %s. Say in docker_cli where one is"
            % (program, repr(told.strip()[:80]) if told.strip() else "nothing")
        )
    return found.group(1)


def major_version(version: str) -> int:
    """26 of `26.1.5+dfsg1`."""
    return int(version.partition(".")[0])


def has_no_trust(errors: str) -> bool:
    """Whether the command line says that it has no such command."""
    return _UNKNOWN.search(errors) is not None


def no_trust(program: str, version: str) -> ToolMissing:
    """The refusal to pretend."""
    return ToolMissing(
        "%s %s has no docker trust: Docker removed it, and all checks of DOCKER_CONTENT_TRUST, with version %d of the command line "
        "(November 2025). So nothing can be signed or verified with it, and DOCKER_CONTENT_TRUST=1 does nothing there. Use method: "
        "cosign, or say in docker_cli where a command line of version 28 or older is" % (program, version, GONE_SINCE)
    )


def trust_server(given: Optional[str], image: Reference) -> str:
    """The address of the notary server without a slash at its end; without one given that which the command line would ask.

    Raises PolicyError: the command line takes HTTPS only.
    """
    if not given:
        return _HUB_SERVER if image.domain == DEFAULT_DOMAIN else "https://%s" % image.domain
    text = str(given).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "https" and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment)
        usable = usable and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        shown = text.rpartition("@")[2] if "@" in text else text
        raise PolicyError(
            "trust_server: %r is no server of Docker Content Trust; write https://host or https://host:port" % shown
        )
    return text


def environment(server: str, config: str, docker_host: str, more: Mapping[str, str]) -> Dict[str, str]:
    """For every call: all that decides is said, or said to be nothing."""
    return {**_NOTHING, SERVER: server, CONFIG: config, HOST: docker_host, **more}
