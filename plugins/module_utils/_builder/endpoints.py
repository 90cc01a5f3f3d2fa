# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nodes are: addresses and contexts, checked before anything is run."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact

_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_SCHEMES = ("unix", "tcp", "ssh")
_REMOTE_SCHEMES = ("unix", "tcp", "ssh", "docker-container", "kube-pod")
# docker/cli opts/hosts.go: what it adds to an address without a port.
_TLS_PORT = 2376
DEFAULT = "default"


def parse_endpoint(where: str, value: Any, is_remote: bool) -> str:
    """As buildx keeps it. Raises PolicyError naming the value and what is accepted."""
    text = str(value).strip()
    known = _REMOTE_SCHEMES if is_remote else _SCHEMES
    accepted = ", ".join(scheme + "://" for scheme in known)
    if "://" not in text:
        if is_remote or not _CONTEXT.fullmatch(text):
            what = "the address of a buildkitd" if is_remote else "an address of an engine or the name of a context"
            raise PolicyError("%s: %r is not %s; addresses begin with one of %s" % (where, text, what, accepted))
        return text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise PolicyError("%s: %s is not an address: %s" % (where, redact(text), error)) from error
    if parts.scheme not in known:
        raise PolicyError("%s: %s begins with none of %s" % (where, redact(text), accepted))
    if parts.scheme == "unix":
        if parts.netloc or not parts.path.startswith("/"):
            raise PolicyError(
                "%s: %s is not the absolute path of a socket; write unix:///run/docker.sock" % (where, text)
            )
        return text
    if parts.password is not None:
        raise PolicyError("%s: %s holds a password; use keys instead" % (where, redact(text)))
    if not parts.hostname:
        raise PolicyError("%s: %s names no host; write for example %s://host.example.com" % (where, text, parts.scheme))
    if parts.scheme == "tcp" and port is None and not is_remote:
        return "tcp://%s:%d%s" % (parts.netloc, _TLS_PORT, parts.path)
    return text
