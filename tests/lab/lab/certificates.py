# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for an engine that listens on TCP with TLS: a CA, a server and a client, made by openssl."""

from __future__ import annotations

from pathlib import Path

from .commands import run

_DAYS = "30"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def make_certificates(folder: Path, address: str, *names: str) -> None:
    """Write ca.pem, server-cert.pem, server-key.pem, cert.pem and key.pem (the names docker expects).

    The server's is for that address, localhost and these names.
    """
    if (folder / "cert.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(
        *("req", "-x509", *_NEW_KEY, "-days", _DAYS, "-subj", "/CN=lab CA"),
        *("-keyout", folder / "ca-key.pem", "-out", folder / "ca.pem"),
    )
    subjects = ["IP:" + address, "DNS:localhost", *("DNS:" + name for name in names)]
    _signed(folder, "server-key.pem", "server-cert.pem", "lab engine", "subjectAltName=" + ",".join(subjects))
    _signed(folder, "key.pem", "cert.pem", "lab client", "extendedKeyUsage=clientAuth")


def _openssl(*words: object) -> None:
    run(["openssl"] + [str(word) for word in words])


def _signed(folder: Path, key: str, certificate: str, name: str, extension: str) -> None:
    request, extensions = folder / "request.pem", folder / "extensions.txt"
    extensions.write_text(extension + "\n")
    _openssl("req", *_NEW_KEY, "-subj", "/CN=" + name, "-keyout", folder / key, "-out", request)
    _openssl(
        *("x509", "-req", "-in", request, "-days", _DAYS, "-CA", folder / "ca.pem", "-CAkey", folder / "ca-key.pem"),
        *("-CAcreateserial", "-extfile", extensions, "-out", folder / certificate),
    )
    request.unlink()
    extensions.unlink()
