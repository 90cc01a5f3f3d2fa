# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BuildKit of a builder: whether it runs on all nodes, and starting it."""

from __future__ import annotations

from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder import words
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import RUNNING, States
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines


def idle_nodes(states: States, builder: str) -> Optional[List[str]]:
    """Nodes whose BuildKit does not run, with the reason where there is one; None when nobody knows."""
    state = states.of(builder)
    if state is None:
        return None
    return [
        "%s is %s%s" % (node.name, node.status, " (%s)" % node.error if node.error else "")
        for node in state.nodes
        if node.status != RUNNING
    ]


def boot_reason(states: States, builder: str, changed: bool) -> Optional[str]:
    """Why BuildKit has to be started, None when it runs. `changed`: what runs now is not what will be there then."""
    head = "start BuildKit of builder %s" % builder
    if changed:
        return head
    idle = idle_nodes(states, builder)
    if idle is None:
        return "%s: whether it runs is not known, %s" % (head, states.problem or "docker buildx ls does not list it")
    return "%s: %s" % (head, ", ".join(idle)) if idle else None


def boot(docker: DockerCli, states: States, builder: str) -> None:
    """Raises ToolError; the builder stays defined."""
    code, output, errors = docker.attempt(*words.boot(builder))
    states.forget()
    idle = idle_nodes(states, builder) if code == 0 else None
    if code != 0 or idle:
        told = last_lines(errors or output) if code != 0 else ", ".join(idle or ())
        raise ToolError(
            "builder %s is defined, but its BuildKit does not run: %s. Are its nodes and the image of BuildKit reachable from where "
            "they are?" % (builder, told)
        )
