# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy as the environment names it (`https_proxy` and the like). Its address may hold a password, which is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError

SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
# What the library says of a tunnel that the proxy does not make.
_TUNNEL = re.compile(r"Tunnel connection failed: (4\d\d)")
_PASSING = ("408", "429")


@dataclass(frozen=True)
class Proxy:
    """`url` as it is used, with user and password; `place` as it is shown."""

    url: str
    place: str


def parse_proxy(text: str) -> Proxy:
    """Without a scheme it is plain HTTP, as everybody reads it. Raises RegistryError, which does not repeat it."""
    url = text if "://" in text else "http://" + text
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_address() from None
    if parts.scheme.lower() not in SCHEMES or not _HOST.fullmatch(host):
        raise _no_address()
    shown = "[%s]" % host if ":" in host else host
    return Proxy(url, shown if port is None else "%s:%d" % (shown, port))


def is_final(failure: str) -> bool:
    """Whether a proxy refuses for good, so that asking again would not help."""
    told = _TUNNEL.search(failure)
    return told is not None and told.group(1) not in _PASSING


def _no_address() -> RegistryError:
    return RegistryError(
        "The proxy that the environment names (https_proxy, http_proxy, all_proxy) is no address; write http://host:port, in a user "
        "name or password %40 for @ and so on, or name the registry in no_proxy"
    )
