# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a scanner trusts: the CAs of this host and that of one registry, in one file."""

from __future__ import annotations

import os

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

#: Programs in Go read this file instead of that of the system (crypto/x509).
VARIABLE = "SSL_CERT_FILE"
# Where crypto/x509 (root_linux.go) looks, in its order.
_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_MAXIMUM = 16 * 1024 * 1024


def write_bundle(path: str, ca_path: str) -> None:
    """Write both to `path`, for its user alone; a host without CAs has that of the registry only. Raises StateError."""
    own = read_capped(ca_path, _MAXIMUM)
    if own is None:
        raise StateError("ca_path: there is no file %s on this host" % ca_path)
    given = os.environ.get(VARIABLE)
    places = [given] if given else list(_SYSTEM)
    system = next((data for data in (read_capped(place, _MAXIMUM) for place in places) if data), b"")
    write_atomic(path, system.rstrip(b"\n") + b"\n" + own)
