# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hosts.toml, as containerd and Docker Engine 28 read it for each registry on every pull (containerd's docs/hosts.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_text import quoted, quoted_list
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import (
    CAPABILITIES,
    Endpoint,
    Mirror,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.toml import MARKER

FILE = "hosts.toml"


@dataclass(frozen=True)
class ServerFiles:
    """Certificates of the registry itself: where a hosts.toml stands, its reader no longer looks for them on its own."""

    authorities: Tuple[str, ...] = ()
    pairs: Tuple[Tuple[str, str], ...] = ()


def folder_names(registry: str) -> Tuple[str, ...]:
    """The folders that are looked for, in their order. The first that exists is taken, even an empty one."""
    host, colon, port = registry.rpartition(":")
    if colon and port.isdigit() and host:
        return "%s_%s_" % (host, port), registry
    return (registry,)


def default_folder(registry: str) -> str:
    """Where none exists: the name that certificates of Docker have had all along."""
    return folder_names(registry)[-1]


def render(
    mirror: Mirror,
    authorities: Mapping[str, str],
    dial_timeout: Optional[int] = None,
    server_files: ServerFiles = ServerFiles(),
) -> str:
    """`authorities`: host of an endpoint -> path of the file with its CA. `dial_timeout` in seconds, None: not told.

    Capabilities are always written: without them all are meant, push included (S13). Without `fallback` the last mirror takes
    the place of the registry.
    """
    last = mirror.endpoints[-1]
    lines = [MARKER]
    if mirror.fallback:
        lines.append("server = %s" % quoted(mirror.server))
        lines.append("capabilities = %s" % quoted_list(CAPABILITIES))
        lines += _server_files(server_files)
    else:
        lines.append("server = %s" % quoted(last.url))
        lines += _settings(mirror, last, authorities, dial_timeout)
    for endpoint in mirror.endpoints:
        lines += ["", "[host.%s]" % quoted(endpoint.url)]
        lines += ["  " + line for line in _settings(mirror, endpoint, authorities, dial_timeout)]
    return "\n".join(lines) + "\n"


def _settings(
    mirror: Mirror, endpoint: Endpoint, authorities: Mapping[str, str], dial_timeout: Optional[int]
) -> List[str]:
    lines = ["capabilities = %s" % quoted_list(mirror.capabilities(endpoint))]
    if endpoint.repository_prefix:
        lines.append("override_path = true")
    # With a setting for TLS, an http:// address would be asked by https first.
    if endpoint.scheme == "https":
        if endpoint.host in authorities:
            lines.append("ca = %s" % quoted(authorities[endpoint.host]))
        if endpoint.insecure:
            lines.append("skip_verify = true")
    if dial_timeout is not None:
        lines.append("dial_timeout = %s" % quoted("%ds" % dial_timeout))
    return lines


def _server_files(files: ServerFiles) -> Sequence[str]:
    lines = []
    if files.authorities:
        lines.append("ca = %s" % quoted_list(files.authorities))
    if files.pairs:
        lines.append("client = [%s]" % ", ".join(quoted_list(pair) for pair in files.pairs))
    return lines
