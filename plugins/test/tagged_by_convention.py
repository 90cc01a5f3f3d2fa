# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test tagged_by_convention."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._tags.keeping import keeps_to


def tagged_by_convention(told: Any, schemes: Any = None, latest: str = "auto") -> bool:
    try:
        return keeps_to(told, schemes, latest)
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class TestModule:
    __test__ = False

    def tests(self) -> dict[str, Callable[..., bool]]:
        return {"tagged_by_convention": tagged_by_convention}
