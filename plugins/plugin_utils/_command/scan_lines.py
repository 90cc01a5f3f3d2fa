# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scheduled scan as lines to read: the report of the scan, and what is new since the one before."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.judged import news_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report import scans_text


def scan_lines(result: Mapping[str, Any], top: int) -> List[str]:
    """At most `top` rows of each kind."""
    return scans_text.scan_lines("this configuration", result, top) + news_lines(result)
