# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker buildx: which version can what, and what it prints about builders (docker/buildx, 0.13 to 0.36)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines

Version = Tuple[int, int, int]
#: The oldest that prints builders as JSON and takes `--buildkitd-config`.
OLDEST: Version = (0, 13, 0)
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class NodeState:
    """One node as `buildx ls` tells it. `status`: running, inactive, stopped, error; `version` of BuildKit while it runs."""

    name: str
    endpoint: str
    status: str
    version: Optional[str] = None
    platforms: Tuple[str, ...] = ()
    error: Optional[str] = None
    gc_policy: Tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class BuilderState:
    """One builder as `buildx ls` tells it. `current` None: this version does not tell (before 0.24)."""

    name: str
    driver: str
    nodes: Tuple[NodeState, ...]
    current: Optional[bool] = None
    error: Optional[str] = None


def find_version(docker: DockerCli) -> Version:
    """Raises ToolMissing when there is no buildx, or one that is too old."""
    code, output, errors = docker.attempt("buildx", "version")
    if code != 0:
        raise ToolMissing(
            "docker has no buildx here: %s. Install the plug-in (Debian 13: docker-buildx; Docker's own packages: docker-buildx-plugin)"
            % (last_lines(errors).splitlines() or ["no message"])[0]
        )
    version = parse_version(output)
    if version < OLDEST:
        raise ToolMissing(
            "docker buildx is %s, and %s or newer is needed: older ones do not print builders as JSON. Update the plug-in "
            "(Debian 13: docker-buildx; Docker's own packages: docker-buildx-plugin)"
            % (dotted(version), dotted(OLDEST))
        )
    return version


def parse_version(text: str) -> Version:
    """From `buildx version`, `github.com/docker/buildx v0.13.1 788433953a` or `... 0.13.1+ds1 0.13.1+ds1-3`. Raises ToolError."""
    found = _VERSION.search(text)
    if found is None:
        raise ToolError("docker buildx version printed no version: %s" % last_lines(text))
    return int(found.group(1)), int(found.group(2)), int(found.group(3))


def dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)


def list_builders(docker: DockerCli, timeout: Optional[int] = None) -> List[BuilderState]:
    return parse_builders(docker("buildx", "ls", "--format", "json", timeout=timeout))


def parse_builders(text: str) -> List[BuilderState]:
    """From `buildx ls --format json`: a line each, before 0.21 the same line once more for every node. Raises ToolError."""
    found: Dict[str, BuilderState] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            found[told["Name"]] = _builder(told)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolError(
                "docker buildx ls printed what is no builder in line %d: %s (%s)" % (number, line[:200], error)
            ) from error
    return list(found.values())


def _builder(told: Mapping[str, Any]) -> BuilderState:
    nodes = tuple(
        NodeState(
            str(node["Name"]),
            str(node.get("Endpoint") or ""),
            str(node.get("Status") or "inactive"),
            node.get("Version") or None,
            tuple(platform.rstrip("*") for platform in node.get("Platforms") or ()),
            node.get("Err") or None,
            tuple(node.get("GCPolicy") or ()),
        )
        for node in told.get("Nodes") or ()
    )
    return BuilderState(str(told["Name"]), str(told["Driver"]), nodes, told.get("Current"), told.get("Err") or None)
