# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What collection must know of a registry's configuration: the file, and what the environment puts over it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.yaml_subset import parse_mapping

# What may stand beside the driver in the section `storage`.
_NO_DRIVERS = ("cache", "delete", "redirect", "maintenance", "tag")
PREFIX = "REGISTRY_"


@dataclass(frozen=True)
class RegistryConfiguration:
    """`storage_path` is the root directory of the driver filesystem; `problem` says why the file was not understood, and then
    only `pull_through` is known."""

    driver: str = ""
    storage_path: str = ""
    pull_through: bool = False
    descriptor_cache: str = ""
    problem: Optional[str] = None


def read_configuration(text: str, environment: Mapping[str, str]) -> RegistryConfiguration:
    """From the file's text and the environment of the running registry. Never raises."""
    over = {name[len(PREFIX) :]: value for name, value in environment.items() if name.startswith(PREFIX)}
    try:
        document = parse_mapping(text)
    except ValueError as error:
        # The one thing that must not be missed, whatever the rest looks like.
        proxied = bool(re.search(r"(?m)^[\"']?proxy[\"']?\s*:", text)) or _is_proxy(over)
        return RegistryConfiguration(pull_through=proxied, problem=str(error))
    storage = _dictionary(document.get("storage"))
    drivers = sorted(name for name in storage if name not in _NO_DRIVERS)
    driver = over.get("STORAGE") or (drivers[0] if len(drivers) == 1 else "")
    return RegistryConfiguration(
        driver=driver,
        storage_path=_storage_path(storage, over) if driver == "filesystem" else "",
        pull_through=bool(document.get("proxy")) or _is_proxy(over),
        descriptor_cache=str(
            over.get("STORAGE_CACHE_BLOBDESCRIPTOR")
            or _dictionary(storage.get("cache")).get("blobdescriptor")
            or _dictionary(storage.get("cache")).get("layerinfo")
            or ""
        ),
        problem=None if driver else "its section storage names %s" % (", ".join(drivers) or "no driver"),
    )


def _storage_path(storage: Mapping[str, Any], over: Mapping[str, str]) -> str:
    # Where the driver keeps it when nothing is said, by its own documentation.
    told = over.get("STORAGE_FILESYSTEM_ROOTDIRECTORY") or _dictionary(storage.get("filesystem")).get("rootdirectory")
    return str(told or "/var/lib/registry")


def _is_proxy(over: Mapping[str, str]) -> bool:
    return any(name.startswith("PROXY") and value for name, value in over.items())


def _dictionary(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}
