# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter tags_for."""

from __future__ import annotations

import time
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging import judge


def tags_for(version: Any, existing: Any = (), **options: Any) -> list[str]:
    try:
        return judge.tags_for(version, existing, int(time.time()), **options)
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"tags_for": tags_for}
