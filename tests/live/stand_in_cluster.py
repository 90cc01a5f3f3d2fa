# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as far as buildx asks for one when it makes, lists and removes builders. Pods never run there."""

from __future__ import annotations

import json
from pathlib import Path

from loopback_server import LoopbackServer, Request, Response

NOT_FOUND = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": "not found",
    "reason": "NotFound",
    "code": 404,
}


class StandInCluster(LoopbackServer):
    """Its API server, which has no deployments and takes none."""

    def respond(self, request: Request) -> Response:
        request.body()
        return Response(404, [("Content-Type", "application/json")], json.dumps(NOT_FOUND).encode())

    def kubeconfig(self, folder: Path) -> str:
        """The file that leads to it."""
        path = folder / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": self.url}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab", "namespace": "build"}}],
            "users": [{"name": "lab", "user": {}}],
        }
        path.write_text(json.dumps(config))
        return str(path)
