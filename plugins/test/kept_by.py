# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test kept_by."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._policy.what_if import judge_again


def kept_by(row: Any, why: Any) -> bool:
    if not isinstance(row, Mapping):
        raise AnsibleFilterError("kept_by: an entry of a plan is needed, not %r" % (row,))
    if isinstance(why, str):
        return row.get("action") == "keep" and why in (row.get("rule"), row.get("kept_by"))
    try:
        rules = [why] if isinstance(why, Mapping) else why
        return judge_again([{**row, "used_by": ()}], keep=rules, minimum_age=0)[0]["kept_by"] == "rule"
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class TestModule:
    __test__ = False

    def tests(self) -> dict[str, Callable[..., bool]]:
        return {"kept_by": kept_by}
