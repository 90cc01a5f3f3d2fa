# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of registry_sync: shows progress while the module runs, and a table at its end."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.imagefleet.docker.plugins.plugin_utils._progress.watched import run_watched
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import sync_lines

MODULE = "imagefleet.docker.registry_sync"


class ActionModule(ActionBase):
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._task.async_val or self._task.no_log or arguments.get("progress_path"):
            wrap = bool(self._task.async_val)
            result.update(self._execute_module(MODULE, module_args=arguments, task_vars=task_vars, wrap_async=wrap))
            return result
        told = run_watched(self, MODULE, arguments, task_vars or {})
        if "plan" in told:
            for line in ["", *sync_lines(told), ""]:
                self._display.display(line)
        result.update(told)
        return result
