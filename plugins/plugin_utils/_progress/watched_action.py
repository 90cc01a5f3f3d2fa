# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of a module that takes long: shows its progress while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.imagefleet.docker.plugins.plugin_utils._progress.watched import run_watched


class WatchedAction(ActionBase):
    """An action plugin of this kind names its module, which must take `progress_path`.

    Tasks with `async` or `no_log`, and those that name a file of their own for the progress, run as if this was not here.
    """

    module = ""
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._task.async_val or self._task.no_log or arguments.get("progress_path"):
            wrap = bool(self._task.async_val)
            result.update(
                self._execute_module(self.module, module_args=arguments, task_vars=task_vars, wrap_async=wrap)
            )
            return result
        told = run_watched(self, self.module, arguments, task_vars or {})
        for line in self.lines_at_end(told):
            self._display.display(line)
        result.update(told)
        return result

    def lines_at_end(self, told: Mapping[str, Any]) -> list[str]:
        """What is shown of the module's result, whether it failed or not."""
        return []
