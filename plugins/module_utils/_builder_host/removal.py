# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A builder goes, also when some of its nodes cannot be reached any more."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._builder import words
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import silent_nodes
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import BuilderStore
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def remove(docker: DockerCli, store: BuilderStore, found: Definition, keep_state: bool) -> None:
    """Raises ToolError, also when it is gone but something may be left on a node; the message tells which."""
    name = found.name
    before = store.read(name)
    silent = silent_nodes(docker, found.nodes) if found.driver == CONTAINER else {}
    store.drop_nodes(name, silent)
    try:
        docker(*words.remove(name, keep_state))
    except ToolError as error:
        if store.read(name) is None:
            raise _left(name, "its nodes", str(error)) from error
        store.put_back(store.path(name), before)
        raise
    if silent:
        left = [node for node in found.nodes if node.name in silent]
        where = ", ".join("%s at %s" % (node.name, shown_endpoint(node.endpoint or "")) for node in left)
        by_hand = "; ".join(_by_hand(node.name, keep_state) for node in left)
        raise _left(name, where, "%s. Once it can be reached, run there: %s" % ("; ".join(silent.values()), by_hand))


def _by_hand(node: str, keep_state: bool) -> str:
    """What `buildx rm` does on a node of the driver docker-container."""
    container = "docker rm --force buildx_buildkit_%s" % node
    return container if keep_state else "%s && docker volume rm buildx_buildkit_%s_state" % (container, node)


def _left(name: str, where: str, cause: str) -> ToolError:
    """buildx forgets a builder also when its nodes could not be cleaned."""
    return ToolError("builder %s is removed here, but its BuildKit may be there still on %s: %s" % (name, where, cause))
