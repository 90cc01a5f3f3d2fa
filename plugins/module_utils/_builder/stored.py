# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A builder as buildx keeps it, a JSON file for each (docker/buildx store/nodegroup.go, the same from 0.13 to 0.36)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Collection, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.certificates import (
    ON_NODES,
    digest_of,
    with_digests,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import STARTING
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import stored_platforms
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml import parse_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_values import TomlError
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

CONFIG = "buildkitd.toml"


@dataclass(frozen=True)
class Current:
    """Which builder is in use, and at which endpoint that counts. `name` empty: the engine's own."""

    name: str
    key: str
    everywhere: bool


def parse_instance(path: str, data: bytes) -> Definition:
    """Raises StateError naming the file for what is no builder."""
    try:
        told: Mapping[str, Any] = json.loads(data.decode("utf-8"))
        driver = str(told["Driver"])
        nodes = tuple(_node(driver, entry) for entry in told["Nodes"] or ())
        return Definition(str(told["Name"]).lower(), driver, nodes)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            "%s, in which buildx keeps this builder, is damaged: %r. Remove the file: buildx then knows no such builder, and "
            "it is made anew where it is wanted" % (path, error)
        ) from error


def without_nodes(data: bytes, names: Collection[str]) -> bytes:
    """The same builder, which was parsed before, with all but these nodes."""
    told: Dict[str, Any] = json.loads(data.decode("utf-8"))
    nodes = [node for node in told["Nodes"] or () if node["Name"] not in names]
    return json.dumps({**told, "Nodes": nodes}).encode("utf-8")


def parse_current(data: Optional[bytes]) -> Optional[Current]:
    """None when there is no such file, or none that can be read: buildx then uses the engine's own."""
    try:
        told = json.loads((data or b"").decode("utf-8"))
        return Current(str(told["Name"]).lower(), str(told["Key"]), bool(told.get("Global")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _node(driver: str, entry: Mapping[str, Any]) -> Node:
    flags = entry.get("Flags")
    files = {str(name): base64.b64decode(text or "") for name, text in (entry.get("Files") or {}).items()}
    return Node(
        str(entry["Name"]),
        str(entry.get("Endpoint") or ""),
        stored_platforms(entry.get("Platforms")),
        {str(name): str(value) for name, value in (entry.get("DriverOpts") or {}).items()},
        tuple(str(flag) for flag in flags or ()),
        _config(files),
        # It writes null for none, and some flag for every node that it starts.
        driver in STARTING and flags == [],
    )


def _config(files: Dict[str, bytes]) -> Optional[Dict[str, Any]]:
    """None when there is none. One that cannot be read is told as such, and so differs from every other."""
    data = files.get(CONFIG)
    if data is None:
        return None
    try:
        config = parse_toml(data.decode("utf-8"))
    except (TomlError, UnicodeDecodeError) as error:
        return {"unreadable": str(error)}

    def digest(path: str) -> str:
        content = files.get(path[len(ON_NODES) :]) if path.startswith(ON_NODES) else None
        return digest_of(content) if content is not None else "missing"

    return with_digests(config, digest)
