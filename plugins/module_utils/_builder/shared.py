# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that two builders would share: buildx names what it starts after the node alone, so both would be one BuildKit."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Tuple
from urllib.parse import parse_qs, urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER, KUBERNETES, STARTING
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

Place = Tuple[str, ...]


def refuse_shared(wanted: Definition, others: Sequence[Definition]) -> None:
    """Raises PolicyError for a node of which another builder has the container, or the deployment, already."""
    taken: Dict[Place, str] = {}
    for other in others:
        for node in other.nodes:
            place = _place(other.driver, node)
            if place is not None:
                taken.setdefault(place, other.name)
    for node in wanted.nodes:
        place = _place(wanted.driver, node)
        if place is not None and place in taken:
            what = "container buildx_buildkit_%s" if wanted.driver == CONTAINER else "deployment %s"
            raise PolicyError(
                "nodes: %s at %s is a node of builder %s already, and both builders would be one %s: the settings of one would count for "
                "the other, and to remove one would remove both. Give the node another name"
                % (node.name, shown_endpoint(node.endpoint or "the cluster"), taken[place], what % node.name)
            )


def _place(driver: str, node: Node) -> Optional[Place]:
    """What buildx starts for a node, None where it starts nothing (docker/buildx builder/node.go, driver/kubernetes/factory.go)."""
    if driver not in STARTING:
        return None
    if driver == KUBERNETES:
        query = parse_qs(urlsplit(node.endpoint or "").query)
        cluster = query.get("kubeconfig", [""])[0]
        return driver, cluster, node.driver_opts.get("namespace", ""), node.name.replace("_", "-")
    return driver, node.endpoint or "", node.name
