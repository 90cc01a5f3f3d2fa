# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module in the background of its host and show the lines that it writes into its progress file."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

# Seconds between two looks: short runs are not kept waiting, long ones cost little.
FIRST, LONGEST = 0.3, 3.0
# Longer than anything runs; the module's own options say when to give up.
LIMIT = 30 * 86400
WIDTH = 400


def run_watched(
    action: ActionBase, module: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]
) -> dict[str, Any]:
    """The module's result. It must take `progress_path`, a file that it appends lines to."""
    folder = action.get_shell_option("async_dir", default="~/.ansible_async")
    # Its home is found by the module and by the shell, as the background wrapper finds it for its own file.
    path = "%s/imagefleet-%s.progress" % (folder, secrets.token_hex(8))
    host = str(action._task.delegate_to or task_vars.get("inventory_hostname", ""))
    watch = _Watch(action, host, folder, path)
    task = action._task
    kept = task.async_val
    # The background wrapper takes its limit from the task, which is ours alone in this process.
    task.async_val = LIMIT
    try:
        job = action._execute_module(
            module, module_args={**arguments, "progress_path": path}, task_vars=task_vars, wrap_async=True
        )
        if not job.get("ansible_job_id") or job.get("failed"):
            return job
        return watch.until_done(job, task_vars)
    finally:
        task.async_val = kept
        watch.clean_up()


class _Watch:
    def __init__(self, action: ActionBase, host: str, folder: str, path: str) -> None:
        self._action = action
        self._host = host
        self._folder = folder
        self._path = path
        self._shown = 0
        self._job_file = ""

    def until_done(self, job: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        self._job_file = str(job.get("results_file") or "")
        pause = FIRST
        while True:
            time.sleep(pause)
            if not self._show_and_see():
                status = self._status(str(job["ansible_job_id"]), task_vars)
                if status.get("finished") or "started" not in status:
                    # What it wrote between the last look and its end.
                    self._show_and_see()
                    return {key: value for key, value in status.items() if key not in _OF_THE_WRAPPER}
            pause = min(pause * 1.5, LONGEST)

    def clean_up(self) -> None:
        files = " ".join(map(self._quoted, filter(None, (self._path, self._job_file))))
        self._action._low_level_execute_command("rm -f %s" % files, sudoable=True)

    def _status(self, job: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        kept, self._action._task.async_val = self._action._task.async_val, 0
        try:
            found: dict[str, Any] = self._action._execute_module(
                "ansible.legacy.async_status",
                module_args={"jid": job, "mode": "status", "_async_dir": self._folder},
                task_vars=task_vars,
            )
        finally:
            self._action._task.async_val = kept
        return found

    def _show_and_see(self) -> bool:
        """Show lines that were not shown yet; whether the job is surely still at work, which costs less than asking for its status.

        Lines are counted, not their bytes: a terminal on the way ends them in its own manner.
        """
        command = "tail -n +%d %s 2>/dev/null; " % (self._shown + 1, self._quoted(self._path))
        command += _AT_WORK % self._quoted(self._job_file) if self._job_file else "false"
        told = self._action._low_level_execute_command(command, sudoable=True)
        for line in told["stdout"].splitlines():
            self._shown += 1
            self._action._display.display("%s | %s" % (self._host, printable(line, WIDTH)))
        return bool(told["rc"] == 0)

    def _quoted(self, path: str) -> str:
        home, rest = ("~/", path[2:]) if path.startswith("~/") else ("", path)
        return home + str(self._action._connection._shell.quote(rest))


# The wrapper's file says so until the result takes its place.
_AT_WORK = """grep -Eq '"finished": *(0|false)' %s"""
_OF_THE_WRAPPER = ("ansible_job_id", "started", "finished", "results_file", "_ansible_suppress_tmpdir_delete")
