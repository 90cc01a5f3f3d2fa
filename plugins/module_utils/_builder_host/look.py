# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker command line of this host tells: where it points, which builders run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Tuple
from urllib.parse import urlencode

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Node, check_distinct
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER, KUBERNETES
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import image_version
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import (
    BuilderState,
    NodeState,
    list_builders,
    parse_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

#: Nodes that cannot be reached keep it waiting (docker/buildx commands/ls.go).
LIST_SECONDS = 30
RUNNING, UNKNOWN, INACTIVE = "running", "unknown", "inactive"


@dataclass(frozen=True)
class Context:
    """A context of the command line: its name, and the address of its engine."""

    name: str
    host: str

    @property
    def endpoint(self) -> str:
        """What buildx writes down for a node that is put nowhere else."""
        return self.host if self.name == DEFAULT else self.name


def find_context(docker: DockerCli, name: Optional[str] = None) -> Context:
    """The named one, else the current one. Raises ToolError."""
    told = docker("context", "inspect", *([name] if name is not None else []), "--format", "{{json .}}")
    try:
        found = json.loads(told)
        return Context(str(found["Name"]), str(found["Endpoints"]["docker"]["Host"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError("docker context inspect printed what is no context: %s" % told[:200]) from error


def placed(
    docker: DockerCli, driver: str, builder: str, nodes: Tuple[Node, ...], kubeconfig: Optional[str]
) -> Tuple[Node, ...]:
    """Each node with the endpoint that buildx writes down for it. Raises ToolError, PolicyError for two at one place."""
    found: List[Node] = []
    for node in nodes:
        endpoint = node.endpoint
        if driver == CONTAINER and endpoint is None:
            endpoint = find_context(docker).endpoint
        elif driver == CONTAINER and endpoint == DEFAULT:
            endpoint = find_context(docker, DEFAULT).host
        elif driver == KUBERNETES and kubeconfig is not None:
            query = urlencode([("deployment", node.name), ("kubeconfig", kubeconfig)])
            endpoint = "kubernetes:///%s?%s" % (builder, query)
        found.append(node.at(endpoint))
    check_distinct(found, driver)
    return tuple(found)


class States:
    """How builders are doing, asked when it is needed. `None` where the command line gave no answer in time."""

    def __init__(self, docker: DockerCli) -> None:
        self._docker = docker
        self._known: Optional[Dict[str, BuilderState]] = None
        self._asked = False
        #: Why nothing is known.
        self.problem: Optional[str] = None

    def forget(self) -> None:
        self._known, self._asked, self.problem = None, False, None

    def of(self, builder: str) -> Optional[BuilderState]:
        if not self._asked:
            self._asked = True
            try:
                listed = list_builders(self._docker, min(self._docker.timeout, LIST_SECONDS))
                self._known = {one.name.lower(): one for one in listed}
            except ToolError as error:
                self._known, self.problem = None, str(error)
        return (self._known or {}).get(builder.lower())

    def node(self, builder: str, name: str) -> Optional[NodeState]:
        state = self.of(builder)
        found = [node for node in state.nodes if node.name == name] if state is not None else []
        return found[0] if found else None


def oldest_buildkit(builder: str, nodes: Tuple[Node, ...], states: States) -> Optional[Tuple[int, ...]]:
    """By the image of each node, else by what runs there; None when none of them tells."""
    known: List[Tuple[int, ...]] = []
    for node in nodes:
        version: Optional[Tuple[int, ...]] = image_version(node.driver_opts.get("image", ""))
        state = states.node(builder, node.name) if version is None else None
        if state is not None and state.version:
            try:
                version = parse_version(state.version)
            except ToolError:
                version = None
        known += [version] if version is not None else []
    return min(known) if known else None


def no_answer(docker: DockerCli, node: Node) -> Optional[str]:
    """What is said instead when the engine of a node gives no answer, None when it does."""
    where = ["--host" if "://" in node.endpoint else "--context", node.endpoint] if node.endpoint else []
    try:
        docker(*where, "version", "--format", "{{.Server.Version}}")
    except ToolError as error:
        return str(error)
    return None


def silent_nodes(docker: DockerCli, nodes: Iterable[Node]) -> Dict[str, str]:
    """Names of those whose engine gives no answer -> what is said instead."""
    told = ((node.name, no_answer(docker, node)) for node in nodes)
    return {name: problem for name, problem in told if problem is not None}


def check_context(docker: DockerCli, name: str) -> None:
    """Raises PolicyError when there is no context of that name, and so no builder of the driver docker."""
    try:
        find_context(docker, name)
    except ToolError as error:
        raise PolicyError(
            "name: %s: a builder of the driver docker is named after its context, and there is none of that name (%s). Write default "
            "for the engine of docker_host, or make the context (docker context create)" % (name, error)
        ) from error
