# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builders as they may be shown: what looks like a credential is hidden (S12)."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import (
    MASK,
    SECRET_KEY,
    redact,
    redact_labels,
)


def shown_text(text: str) -> str:
    return redact(text)


def shown_endpoint(endpoint: str) -> str:
    """The user of an ssh:// address is no secret, a password is."""
    scheme, _colon, rest = endpoint.partition("://")
    return endpoint if scheme == "ssh" and ":" not in rest.partition("@")[0] else redact(endpoint)


def shown_options(options: Mapping[str, Any]) -> Dict[str, str]:
    return redact_labels({name: str(value) for name, value in options.items()})


def shown_config(config: Mapping[str, Any]) -> Dict[str, Any]:
    return {str(name): MASK if SECRET_KEY.search(str(name)) else _value(value) for name, value in config.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return shown_config(value)
    if isinstance(value, (list, tuple)):
        return [_value(entry) for entry in value]
    return redact(value) if isinstance(value, str) else value


def shown_definition(definition: Optional[Definition]) -> Dict[str, Any]:
    """For a diff; empty when there is none."""
    if definition is None:
        return {}
    return {
        "name": definition.name,
        "driver": definition.driver,
        "nodes": [
            {
                "name": node.name,
                "endpoint": shown_endpoint(node.endpoint or ""),
                "platforms": list(node.platforms),
                "driver_opts": shown_options(node.driver_opts),
                "flags": [shown_text(flag) for flag in node.flags],
                "buildkitd_config": shown_config(node.config or {}),
            }
            for node in sorted(definition.nodes, key=lambda node: node.name)
        ],
    }
