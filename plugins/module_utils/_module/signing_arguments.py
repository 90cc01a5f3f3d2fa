# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of both modules that meet signatures."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRIES_ARGUMENTS

METHOD_ARGUMENTS: Dict[str, Any] = {
    "method": {"type": "str", "choices": ["cosign", "docker_trust"], "required": True},
    "cosign": {"type": "path", "default": "cosign"},
    "docker_cli": {"type": "path", "default": "docker"},
}
SIGNING_ARGUMENTS: Dict[str, Any] = {
    **METHOD_ARGUMENTS,
    "public_key_path": {"type": "path", "no_log": False},
    "public_key_content": {"type": "str", "no_log": False},
    "annotations": {"type": "dict", "default": {}},
    "signed_as": {"type": "str"},
    "config_dir": {"type": "path"},
    "trust_server": {"type": "str"},
    "signer": {"type": "str"},
    "registries": {"type": "list", "elements": "dict", "options": REGISTRIES_ARGUMENTS, "default": []},
    "config_path": {"type": "path"},
}
