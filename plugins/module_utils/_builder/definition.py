# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of a builder, from the options of the module."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import (
    DOCKER,
    KUBERNETES,
    REMOTE,
    STARTING,
    parse_driver_opts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT, parse_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platforms
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

#: docker/buildx store/util.go; it keeps names in lower case.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Node:
    """One node. `endpoint` None: wherever buildx puts it. `config` is plain data in which digests stand for certificates.

    `lost`: buildx wrote flags of this node that it never writes on purpose, after a change that failed.
    """

    name: str
    endpoint: Optional[str] = None
    platforms: Tuple[str, ...] = ()
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    flags: Tuple[str, ...] = ()
    config: Optional[Mapping[str, Any]] = None
    lost: bool = False

    def at(self, endpoint: Optional[str]) -> "Node":
        return replace(self, endpoint=endpoint)

    def configured(self, config: Optional[Mapping[str, Any]]) -> "Node":
        return replace(self, config=config)


@dataclass(frozen=True)
class Definition:
    """One builder."""

    name: str
    driver: str
    nodes: Tuple[Node, ...]

    def node(self, name: str) -> Optional[Node]:
        found = [node for node in self.nodes if node.name == name]
        return found[0] if found else None


def parse_name(value: Any, driver: str) -> str:
    """Raises PolicyError."""
    name = str(value or "").strip()
    if not _NAME.fullmatch(name):
        raise PolicyError(
            "name: %r is not the name of a builder; it begins with a letter and has letters, digits and . _ - only"
            % name
        )
    if driver != DOCKER and name.lower() == DEFAULT:
        raise PolicyError(
            "name: default is the engine's own builder, which has the driver docker; choose another name, or say driver: docker"
        )
    return name if driver == DOCKER else name.lower()


def parse_nodes(name: str, driver: str, value: Any) -> Tuple[Node, ...]:
    """The option `nodes`; none given is one node with all defaults. Raises PolicyError naming entry, field and value."""
    if value is not None and (not isinstance(value, Sequence) or isinstance(value, (str, bytes))):
        raise PolicyError("nodes: %r is not a list" % (value,))
    entries = list(value or ())
    if driver == DOCKER:
        if entries:
            raise PolicyError(
                "nodes: a builder of the driver docker is the engine itself and has no other node; leave it out"
            )
        return (Node(name),)
    nodes: List[Node] = []
    for number, entry in enumerate(entries or [{}]):
        where = "nodes[%d]" % number
        if not isinstance(entry, Mapping):
            raise PolicyError("%s: %r is not a mapping" % (where, entry))
        nodes.append(_node(where, name, number, driver, entry))
    check_distinct(nodes, driver)
    return tuple(nodes)


def _node(where: str, builder: str, number: int, driver: str, entry: Mapping[str, Any]) -> Node:
    name = str(entry.get("name") or "%s%d" % (builder, number)).strip()
    if not _NAME.fullmatch(name):
        raise PolicyError(
            "%s.name: %r is not the name of a node; it begins with a letter and has letters, digits and . _ - only"
            % (where, name)
        )
    told = entry.get("endpoint") or None
    if driver == KUBERNETES and told is not None:
        raise PolicyError(
            "%s.endpoint: %s: the driver kubernetes takes none; which cluster it is says kubeconfig" % (where, told)
        )
    if driver == REMOTE and told is None:
        raise PolicyError(
            "%s.endpoint: the driver remote needs the address of a running buildkitd, for example tcp://host.example.com:1234"
            % where
        )
    flags = _flags("%s.flags" % where, entry.get("flags"))
    if flags and driver not in STARTING:
        raise PolicyError("%s.flags: the driver %s starts no buildkitd and so has no flags for it" % (where, driver))
    return Node(
        name.lower(),
        parse_endpoint("%s.endpoint" % where, told, driver == REMOTE) if told is not None else None,
        parse_platforms("%s.platforms" % where, entry.get("platforms")),
        parse_driver_opts("%s.driver_opts" % where, driver, entry.get("driver_opts")),
        flags,
    )


def _flags(where: str, value: Any) -> Tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise PolicyError("%s: %r is not a list of flags" % (where, value))
    return tuple(str(flag) for flag in value)


def check_distinct(nodes: Sequence[Node], driver: str) -> None:
    """Raises PolicyError: buildx takes a platform from the node that had it, and refuses a second node at one endpoint."""
    names: Dict[str, str] = {}
    endpoints: Dict[Optional[str], str] = {}
    platforms: Dict[str, str] = {}
    for node in nodes:
        if node.name in names:
            raise PolicyError("nodes: two of them are called %s" % node.name)
        if driver != KUBERNETES and node.endpoint in endpoints:
            place = node.endpoint or "the default endpoint"
            raise PolicyError(
                "nodes: %s and %s are both at %s; a builder has one node at an endpoint"
                % (endpoints[node.endpoint], node.name, place)
            )
        for platform in node.platforms:
            if platform in platforms:
                raise PolicyError(
                    "nodes: %s and %s both build %s; give each platform to one node"
                    % (platforms[platform], node.name, platform)
                )
            platforms[platform] = node.name
        names[node.name] = endpoints[node.endpoint] = node.name
