# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""buildkitd.toml: mirrors without scheme, and a table of its own for each mirror's host (buildkit's docs/buildkitd.toml.md)."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_text import quoted, quoted_list
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Endpoint, Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.toml import MARKER


def check(mirrors: Sequence[Mirror]) -> None:
    """Raises PolicyError for what this file cannot say."""
    for mirror in mirrors:
        if not mirror.fallback:
            raise PolicyError(
                "mirrors of %s: buildkit always asks the registry itself last; fallback: false cannot be written for it. "
                "Leave buildkit out of clients, or drop fallback" % mirror.registry
            )
        for endpoint in mirror.endpoints:
            if endpoint.root_path:
                raise PolicyError(
                    "mirrors of %s: %s: buildkit asks a mirror at /v2/PATH/REPOSITORY only; write the path as /v2/PATH, or a mirror "
                    "without path" % (mirror.registry, endpoint.url)
                )
    by_host: Dict[str, Tuple[str, bool, Optional[str]]] = {}
    for endpoint in (one for mirror in mirrors for one in mirror.endpoints):
        told = (endpoint.scheme, endpoint.insecure, endpoint.ca_file)
        if by_host.setdefault(endpoint.host, told) != told:
            raise PolicyError(
                "mirrors: buildkit knows one setting for %s; scheme, insecure and ca_file must be the same in all its entries"
                % endpoint.host
            )


def render(mirrors: Sequence[Mirror], authorities: Mapping[str, str]) -> str:
    """`authorities`: host of an endpoint -> path of the file with its CA."""
    lines = [MARKER]
    hosts: List[str] = []
    for mirror in mirrors:
        names = [
            endpoint.host + ("/" + endpoint.repository_prefix.rstrip("/") if endpoint.repository_prefix else "")
            for endpoint in mirror.endpoints
        ]
        lines += ["", "[registry.%s]" % quoted(mirror.registry), "  mirrors = %s" % quoted_list(names)]
        hosts.append(mirror.registry)
        own = [one for other in mirrors for one in other.endpoints if one.host == mirror.registry]
        lines += _settings(own[0], authorities) if own else []
    for mirror in mirrors:
        for endpoint in mirror.endpoints:
            settings = _settings(endpoint, authorities)
            if settings and endpoint.host not in hosts:
                hosts.append(endpoint.host)
                lines += ["", "[registry.%s]" % quoted(endpoint.host), *settings]
    return "\n".join(lines) + "\n"


def _settings(endpoint: Endpoint, authorities: Mapping[str, str]) -> List[str]:
    lines = []
    if endpoint.scheme == "http":
        lines.append("  http = true")
    elif endpoint.insecure:
        lines.append("  insecure = true")
    if endpoint.host in authorities:
        lines.append("  ca = %s" % quoted_list([authorities[endpoint.host]]))
    return lines
