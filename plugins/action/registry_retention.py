# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of registry_retention: shows progress while the module runs."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.plugin_utils._progress.watched_action import WatchedAction


class ActionModule(WatchedAction):
    module = "imagefleet.docker.registry_retention"
