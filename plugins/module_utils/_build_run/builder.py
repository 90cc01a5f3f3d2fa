# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which builder builds, and what it can."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import DOCKER
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import list_builders
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

_CONTAINERD = "io.containerd.snapshotter"


@dataclass(frozen=True)
class Builder:
    """`in_engine`: driver docker, whose images lie in the engine; `multi_platform`: it makes an index of several platforms itself."""

    name: str
    driver: str
    platforms: Tuple[str, ...]
    multi_platform: bool

    @property
    def in_engine(self) -> bool:
        return self.driver == DOCKER


def find_builder(docker: DockerCli, name: Optional[str]) -> Builder:
    """The named one, else the current one. Raises PolicyError when there is none of that name."""
    wanted = name or _current(docker)
    builders = {builder.name: builder for builder in list_builders(docker)}
    if wanted not in builders:
        raise PolicyError(
            "builder: there is no %s on this host, but %s; make it with buildx_setup"
            % (wanted, ", ".join(sorted(builders)) or "none")
        )
    found = builders[wanted]
    platforms = tuple(dict.fromkeys(platform for node in found.nodes for platform in node.platforms))
    multi_platform = found.driver != DOCKER or _has_containerd_store(docker, found.name)
    return Builder(found.name, found.driver, platforms, multi_platform)


def _current(docker: DockerCli) -> str:
    found = re.search(r"(?m)^Name:\s+(\S+)", docker("buildx", "inspect"))
    if found is None:
        raise ToolError("docker buildx inspect does not name the current builder; say in builder which one builds")
    return found.group(1)


def _has_containerd_store(docker: DockerCli, builder: str) -> bool:
    context = [] if builder == DEFAULT else ["--context", builder]
    told = docker(*context, "info", "--format", "{{json .DriverStatus}}")
    try:
        return any(_CONTAINERD in str(pair) for pair in json.loads(told) or ())
    except ValueError as error:
        raise ToolError("docker info tells no DriverStatus: %s" % told[:200]) from error
