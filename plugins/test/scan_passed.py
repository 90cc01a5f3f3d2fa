# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test scan_passed."""

from __future__ import annotations

import time
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._scans.asking import has_passed


def scan_passed(image: Any, result: Any, max_age: Any = None) -> bool:
    try:
        return has_passed(image, result, max_age, int(time.time()))
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class TestModule:
    __test__ = False

    def tests(self) -> dict[str, Callable[..., bool]]:
        return {"scan_passed": scan_passed}
