# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of modules that compare one registry with several others."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._module.registry_arguments import REGISTRY_ARGUMENTS

SYNC_ARGUMENTS: Dict[str, Any] = {
    "source": {"type": "dict", "required": True, "options": REGISTRY_ARGUMENTS},
    "destinations": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str"}, **REGISTRY_ARGUMENTS},
    },
    "repositories": {"type": "list", "elements": "raw", "required": True},
    "referrers": {"type": "bool", "default": True},
    "floating_tags": {"type": "raw"},
    "floating_scope": {"type": "str", "choices": ["all", "region"], "default": "all"},
    "immutable_tags": {"type": "raw"},
    "shard": {"type": "str"},
}
