# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments that every module with a registry takes."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import DEFAULT_CACHE_DIR

_ACCESS: Dict[str, Any] = {
    "registry": {"type": "str", "required": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "token": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "validate_certs": {"type": "bool", "default": True},
    "insecure": {"type": "bool", "default": False},
}

# One entry of the `registries` of a module with an engine.
REGISTRIES_ARGUMENTS: Dict[str, Any] = {**_ACCESS, "timeout": {"type": "int"}, "retries": {"type": "int"}}

REGISTRY_ARGUMENTS: Dict[str, Any] = {
    **_ACCESS,
    "config_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 5},
    "concurrency": {"type": "int", "default": 8},
    "cache_dir": {"type": "path", "default": DEFAULT_CACHE_DIR},
}
