# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the fleet's summary and writes its page, on the controller."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
from ansible_collections.imagefleet.docker.plugins.modules.fleet_report import ARGUMENTS
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.collection import collection_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution_results import (
    distribution_lines,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import read_fleet
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.retention import retention_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans_text import scan_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.signatures import signature_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.tags import tags_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import fleet_lines

# Options that map names to results, and who tells one of them.
NAMED: tuple[tuple[str, Callable[[str, Any, int], list[str]]], ...] = (
    ("scans", scan_lines),
    ("signatures", signature_lines),
    ("distributions", distribution_lines),
)


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(ARGUMENTS)
        options["results"] = {
            name: _with_policy(told, options["policies"].get(name)) for name, told in options["results"].items()
        }
        fleet = read_fleet(options["results"], options["expected_hosts"])
        lines = fleet_lines(fleet, options["top"]) if options["results"] or options["expected_hosts"] else []
        for kind, show in (("registries", retention_lines), ("collections", collection_lines)):
            for told in options[kind].values():
                lines += ([""] if lines else []) + _registry_lines(told, options["top"], show)
        for kind, tell in NAMED:
            for name, told in options[kind].items():
                lines += ([""] if lines else []) + tell(name, told, options["top"])
        lines += self._tags(options, bool(lines))
        for line in ["", *lines, ""]:
            self._display.display(line)
        result.update(changed=False, lines=lines, complete=fleet.complete)
        if options["dest"]:
            result["dest"] = self._write(options)
        return result

    def _tags(self, options: dict[str, Any], apart: bool) -> list[str]:
        lines: list[str] = []
        for name, told in options["tags"].items():
            try:
                lines += ([""] if lines or apart else []) + tags_lines(name, told, options["top"])
            except PolicyError as error:
                raise AnsibleActionFail("tags: %s: %s" % (name, error)) from error
        return lines

    def _write(self, options: dict[str, Any]) -> str:
        path = os.path.abspath(os.path.expanduser(options["dest"]))
        generated = datetime.now(timezone.utc).isoformat(timespec="seconds")
        page = fleet_page(
            options["results"],
            options["expected_hosts"],
            generated,
            options["title"],
            options["registries"],
            options["collections"],
            options["distributions"],
            options["tags"],
            options["scans"],
            options["signatures"],
        )
        try:
            write_atomic(path, page.encode("utf-8"), 0o644)
        except StateError as error:
            raise AnsibleActionFail("dest: %s" % error) from error
        self._display.display("Report: %s" % path)
        return path


def _registry_lines(told: Any, top: int, show: Callable[[Mapping[str, Any], int], list[str]]) -> list[str]:
    if isinstance(told, Mapping) and "plan" in told:
        failed = ["It failed: %s" % printable(told["msg"], 1000)] if told.get("failed") and told.get("msg") else []
        return show(told, top) + failed
    message = told.get("msg") if isinstance(told, Mapping) else None
    return ["A registry gave no result: %s" % printable(message or "it was not asked", 1000)]


def _with_policy(told: Any, installed: Any) -> Any:
    """A host's result beside the policy that is installed there; reports of the host command bring their own."""
    if not isinstance(told, Mapping) or not isinstance(installed, Mapping) or "policy" in told:
        return told
    return {**told, "policy": installed.get("policy")}
