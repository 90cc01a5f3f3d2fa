# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The single catch: errors of every room below become one failure of the module."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError


def run_module(module: AnsibleModule, work: Callable[[], Dict[str, Any]]) -> None:
    """Exit with what `work` returns; a FleetError fails with its message and, where it has one, its partial result."""
    try:
        result = work()
    except FleetError as error:
        module.fail_json(msg=str(error), **(getattr(error, "result", None) or {}))
    module.exit_json(**result)
