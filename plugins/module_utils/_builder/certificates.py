# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a configuration of buildkitd: buildx carries their content along, so digests are what can be compared."""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import Any, Callable, Dict, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

#: Where they lie on a node (docker/buildx util/confutil, LoadConfigFiles).
ON_NODES = "/etc/buildkit/"
_SIGNS = re.compile(r"[^a-zA-Z0-9.-]+")

Place = Tuple[str, str]


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def with_digests(config: Mapping[str, Any], digest: Callable[[str], str]) -> Dict[str, Any]:
    """The same configuration, in which what `digest` says stands for each path of a certificate or key."""
    changed: Dict[str, Any] = dict(config)
    registries = config.get("registry")
    if not isinstance(registries, Mapping):
        return changed
    changed["registry"] = {
        name: _registry(entry, digest) if isinstance(entry, Mapping) else entry for name, entry in registries.items()
    }
    return changed


def _registry(entry: Mapping[str, Any], digest: Callable[[str], str]) -> Dict[str, Any]:
    changed: Dict[str, Any] = dict(entry)
    if isinstance(entry.get("ca"), (list, tuple)):
        changed["ca"] = [digest(str(path)) for path in entry["ca"]]
    if isinstance(entry.get("keypair"), (list, tuple)):
        changed["keypair"] = [
            {name: digest(str(value)) if name in ("key", "cert") and value else value for name, value in pair.items()}
            for pair in entry["keypair"]
            if isinstance(pair, Mapping)
        ]
    return changed


def check_names(config: Mapping[str, Any]) -> None:
    """Raises PolicyError for two files of one registry that would overwrite each other on a node."""
    seen: Dict[Place, str] = {}
    registries = config.get("registry")
    for registry, entry in registries.items() if isinstance(registries, Mapping) else ():
        for path in _paths(entry) if isinstance(entry, Mapping) else ():
            place = (_SIGNS.sub("_", str(registry)), posixpath.basename(path))
            if seen.setdefault(place, path) != path:
                raise PolicyError(
                    "buildkitd_config: %s and %s of registry %s have one file name, and buildx would carry only the last along; "
                    "rename one" % (seen[place], path, registry)
                )


def _paths(entry: Mapping[str, Any]) -> List[str]:
    found: List[str] = []

    def keep(path: str) -> str:
        found.append(path)
        return path

    _registry(entry, keep)
    return found
