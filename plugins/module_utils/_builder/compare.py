# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the builder that is there becomes the one that is wanted: in place where buildx can, else anew with its cache kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import KUBERNETES, implied_flag
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import (
    shown_config,
    shown_endpoint,
    shown_options,
    shown_text,
)

CREATE, RECREATE, APPEND, LEAVE, UPDATE = "create", "recreate", "append", "leave", "update"


@dataclass(frozen=True)
class Step:
    """One call of buildx, or two for RECREATE. `node` None: the builder as a whole."""

    action: str
    node: Optional[str]
    reason: str


def plan(wanted: Definition, found: Optional[Definition]) -> Tuple[Step, ...]:
    """None of them when the builder is as it should be."""
    if found is None:
        where = ", ".join("%s at %s" % (node.name, _place(node)) for node in wanted.nodes)
        return (Step(CREATE, None, "create builder %s (%s): %s" % (wanted.name, wanted.driver, where)),)
    causes = _causes(wanted, found)
    if causes:
        fate = "its pods go with their cache" if found.driver == KUBERNETES else "its cache is kept"
        head = "make builder %s anew, %s: " % (wanted.name, fate)
        return tuple(Step(RECREATE, None, head + cause) for cause in causes)
    steps: List[Step] = []
    for node in found.nodes:
        if wanted.node(node.name) is None:
            steps.append(
                Step(
                    LEAVE,
                    node.name,
                    "node %s at %s leaves builder %s; a BuildKit that runs there stays"
                    % (node.name, _place(node), wanted.name),
                )
            )
    for node in wanted.nodes:
        there = found.node(node.name)
        if there is not None and there.platforms != node.platforms:
            reason = "node %s: platforms become %s, they are %s" % (
                node.name,
                _listed(node.platforms),
                _listed(there.platforms),
            )
            steps.append(Step(UPDATE, node.name, reason))
    for node in wanted.nodes:
        if found.node(node.name) is None:
            steps.append(
                Step(APPEND, node.name, "append node %s at %s to builder %s" % (node.name, _place(node), wanted.name))
            )
    return tuple(steps)


def _causes(wanted: Definition, found: Definition) -> List[str]:
    """Why it cannot be changed in place; empty when it can."""
    if wanted.driver != found.driver:
        return ["the driver becomes %s, it is %s" % (wanted.driver, found.driver)]
    pairs = [(node, there) for node in wanted.nodes for there in [found.node(node.name)] if there is not None]
    if not pairs:
        return ["its nodes become %s, they are %s" % (_names(wanted), _names(found))]
    causes: List[str] = []
    for node, there in pairs:
        causes += ["node %s: %s" % (node.name, text) for text in _differences(wanted.driver, node, there)]
    return causes


def _differences(driver: str, node: Node, there: Node) -> List[str]:
    found: List[str] = []
    if node.endpoint is not None and node.endpoint != there.endpoint:
        found.append(
            "its endpoint becomes %s, it is %s" % (shown_endpoint(node.endpoint), shown_endpoint(there.endpoint or ""))
        )
    if there.platforms and not node.platforms:
        found.append("it is no longer bound to platforms (%s)" % _listed(there.platforms))
    found += _mapping("driver option", node.driver_opts, there.driver_opts, shown_options)
    if not same_flags(driver, node, there):
        lost = ", which a change that failed left behind" if there.lost else ""
        found.append("its flags become %s, they are %s%s" % (_flags(node), _flags(there), lost))
    if canonical(node.config) != canonical(there.config):
        before, after = there.config or {}, node.config or {}
        told = _mapping("configuration", after, before, shown_config)
        found += told or ["the configuration of its buildkitd differs"]
    return found


def _mapping(
    what: str,
    wanted: Mapping[str, Any],
    there: Mapping[str, Any],
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> List[str]:
    after, before = shown(wanted), shown(there)
    texts: List[str] = []
    for name in sorted(set(wanted) | set(there)):
        if name not in there:
            texts.append("%s %s is added: %s" % (what, name, _short(after[name])))
        elif name not in wanted:
            texts.append("%s %s goes, it is %s" % (what, name, _short(before[name])))
        elif canonical(wanted[name]) != canonical(there[name]):
            texts.append("%s %s becomes %s, it is %s" % (what, name, _short(after[name]), _short(before[name])))
    return texts


def same_flags(driver: str, node: Node, there: Node) -> bool:
    """With or without what buildx adds itself."""
    entitled = "network.host" in list((node.config or {}).get("insecure-entitlements") or ())
    added = implied_flag(driver, node.driver_opts, node.flags, entitled)
    accepted = {node.flags, (*node.flags, added)} if added is not None else {node.flags}
    return there.flags in accepted and not there.lost


def canonical(value: Any) -> str:
    """One text for equal data; 1 and true differ."""
    return json.dumps(value, sort_keys=True, default=str)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _place(node: Node) -> str:
    return shown_endpoint(node.endpoint) if node.endpoint else "the cluster" if node.endpoint is None else "?"


def _flags(node: Node) -> str:
    return shown_text(" ".join(node.flags)) or "none"


def _listed(values: Tuple[str, ...]) -> str:
    return ", ".join(values) or "none"


def _names(definition: Definition) -> str:
    return ", ".join(node.name for node in definition.nodes) or "none"
