# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry's own access log tells of a run."""

from __future__ import annotations

import re
from pathlib import Path

from plain_http import AGENT

_REQUEST = re.compile(r'"([A-Z]+) (/v2/\S*) HTTP/[0-9.]+" ([0-9]+) .* "([^"]*)"$', re.MULTILINE)


class AccessLog:
    """Of the requests from now on. What is pushed by hand is told from what a playbook asks by its user agent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size

    def deletions(self) -> int:
        """How many manifests were deleted."""
        return sum(method == "DELETE" and status == "202" for method, _path, status, _agent in self._requests())

    def blobs_read(self, repository: str) -> int:
        """How many blobs of a repository were read."""
        begin = "/v2/%s/blobs/" % repository
        return sum(
            method == "GET" and status == "200" and path.startswith(begin)
            for method, path, status, _agent in self._requests()
        )

    def pushes_meanwhile(self, ending: str) -> int:
        """How many pushes by hand, to a path that ends so, fell between the first and the last request of the playbook."""
        requests = self._requests()
        others = [number for number, (*_request, agent) in enumerate(requests) if agent != AGENT]
        between = requests[others[0] : others[-1]] if others else []
        return sum(
            (method, status, agent) == ("PUT", "201", AGENT) and path.endswith(ending)
            for method, path, status, agent in between
        )

    def _requests(self) -> list[tuple[str, str, str, str]]:
        with open(self._path, "rb") as log:
            log.seek(self._from)
            return _REQUEST.findall(log.read().decode(errors="replace"))
