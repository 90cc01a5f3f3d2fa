# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of registry_sync: shows progress while the module runs, and a table at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.imagefleet.docker.plugins.plugin_utils._progress.watched_action import WatchedAction
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import sync_lines


class ActionModule(WatchedAction):
    module = "imagefleet.docker.registry_sync"

    def lines_at_end(self, told: Mapping[str, Any]) -> list[str]:
        return ["", *sync_lines(told), ""] if "plan" in told else []
