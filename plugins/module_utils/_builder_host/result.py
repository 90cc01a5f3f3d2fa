# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells about its builder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Dict, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import INACTIVE, UNKNOWN, States
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import NodeState


@dataclass(frozen=True)
class Outlook:
    """What is planned and not done, as in check mode: the builder is told as it would be. `nodes`: those that are bound anew."""

    is_made_anew: bool = False
    nodes: Collection[str] = ()


def told_builder(
    name: str, driver: str, found: Optional[Definition], states: States, current: bool, outlook: Outlook
) -> Dict[str, Any]:
    """`found` None: there is none. Raises nothing: what buildx does not tell is unknown."""
    nodes = [_told_node(name, node, states, outlook) for node in (found.nodes if found is not None else ())]
    return {
        "name": name,
        "driver": found.driver if found is not None else driver,
        "nodes": nodes,
        "platforms": sorted({platform for node in nodes for platform in node["platforms"]}),
        "current": current,
    }


def _told_node(builder: str, node: Node, states: States, outlook: Outlook) -> Dict[str, Any]:
    state = states.node(builder, node.name) if not outlook.is_made_anew else None
    told = state is not None and state.platforms and node.name not in outlook.nodes
    return {
        "name": node.name,
        "endpoint": shown_endpoint(node.endpoint or ""),
        "platforms": list(state.platforms if state is not None and told else node.platforms),
        "status": _status(builder, state, states, outlook),
        "version": state.version if state is not None else None,
    }


def _status(builder: str, state: Optional[NodeState], states: States, outlook: Outlook) -> str:
    if state is not None:
        return state.status
    is_listed = outlook.is_made_anew or states.of(builder) is not None
    return INACTIVE if is_listed else UNKNOWN
