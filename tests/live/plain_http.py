# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to a registry, by nothing but the standard library: what tests measure with is not what they test."""

from __future__ import annotations

import hashlib
import http.client
from dataclasses import dataclass
from typing import Iterable, Mapping

#: By this name access logs tell the bench's own requests from those of what is tested.
AGENT = "test-bench"


@dataclass(frozen=True)
class Answer:
    """A whole answer; `headers` by lower-case name, of repeated ones the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def call(
    address: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Answer:
    """Ask the server at host:port; a header may be given more than once. Redirects are not followed."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        given = list(headers)
        connection.putheader("User-Agent", AGENT)
        for name, value in given:
            connection.putheader(name, value)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
