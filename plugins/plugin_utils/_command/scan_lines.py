# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scan as lines to read."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

WIDTH = 1000
WORST_FIRST = ("failed", "not_scanned", "passed")


def scan_lines(result: Mapping[str, Any], top: int = 0) -> List[str]:
    """The verdict on each image, the worst first, at most `top` images (0: all)."""
    summary = result["summary"]
    lines = [
        "Scan: %d images, %d passed, %d failed, %d not scanned"
        % tuple(summary[key] for key in ("images", "passed", "failed", "not_scanned"))
    ]
    rows = sorted(result["results"], key=lambda row: WORST_FIRST.index(row["status"]))
    for row in rows[: top or None]:
        reasons = "; ".join(row["reasons"])
        lines.append("  %s %s: %s" % (row["status"], printable(row["image"]), printable(reasons, WIDTH)))
    lines += ["  and %d more" % (len(rows) - top)] if top and len(rows) > top else []
    if result.get("news"):
        lines += ["News:"] + ["  " + printable(one, WIDTH) for one in result["news"]]
    lines += ["Good to know:"] + ["  " + printable(one, WIDTH) for one in result["notes"]] if result["notes"] else []
    return lines
