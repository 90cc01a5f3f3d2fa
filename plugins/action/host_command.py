# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of host_command: checks the policy, builds the command, sends it where it is missing."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import parse_collect_options
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.request import parse_cache_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import (
    CACHE,
    CLEANUP,
    COLLECT,
    DRIFT,
    RETENTION,
    SCAN,
    SYNC,
    VERIFY,
    parse_notification,
    secrets_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import COMMAND
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.packer import PackError, build
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.regions import parse_scheduled_sync
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scans import check_scheduled_scan
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.verification import (
    check_scheduled_verification,
)

MODULE = "imagefleet.docker.host_command"
PARSERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    CLEANUP: parse_options,
    RETENTION: parse_retention_options,
    COLLECT: parse_collect_options,
    SYNC: parse_scheduled_sync,
    DRIFT: parse_scheduled_sync,
    CACHE: parse_cache_options,
    SCAN: check_scheduled_scan,
    VERIFY: check_scheduled_verification,
}
INTERNAL = ("_command_sha256", "_command_source", "_secrets")


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = {key: value for key, value in self._task.args.items() if key not in INTERNAL}
        if arguments.get("state", "present") == "present":
            try:
                arguments["_secrets"] = _check_policy(arguments.get("config"))
                command = build()
            except (PolicyError, PackError) as error:
                return {**result, "failed": True, "msg": str(error)}
            arguments["_command_sha256"] = hashlib.sha256(command).hexdigest()
            if not self._task.check_mode and not self._has_command(command, task_vars):
                arguments["_command_source"] = self._send(command)
        try:
            return {**result, **self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)}
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _has_command(self, command: bytes, task_vars: dict[str, Any] | None) -> bool:
        status = self._execute_remote_stat(COMMAND, all_vars=task_vars, follow=False)
        # Core's own file comparison; the module compares a stronger one.
        return status.get("checksum") == hashlib.sha1(command, usedforsecurity=False).hexdigest()

    def _send(self, command: bytes) -> str:
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        remote: str = self._connection._shell.join_path(self._connection._shell.tmpdir, "imagefleet.pyz")
        handle, local = tempfile.mkstemp(suffix=".pyz")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(command)
            self._transfer_file(local, remote)
        finally:
            os.unlink(local)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote


def _check_policy(config: Any) -> list[str]:
    """Raises PolicyError; returns the credentials in the configuration."""
    if config is None:
        return []
    if not isinstance(config, Mapping):
        raise PolicyError(f"config is a {type(config).__name__}, a mapping with mode and options is needed")
    options = config.get("options") or {}
    if not isinstance(options, Mapping):
        raise PolicyError(f"config.options is a {type(options).__name__}, a mapping is needed")
    parse_notification("config.", config.get("notify_command"), config.get("notify_after"))
    command = config.get("command") or CLEANUP
    if command not in PARSERS:
        raise PolicyError(f"config.command is {command!r}, it is one of {', '.join(PARSERS)}")
    # The file of protected references is on the host, not here.
    PARSERS[command]({key: value for key, value in options.items() if key != "protect_file"})
    return secrets_of(options)
