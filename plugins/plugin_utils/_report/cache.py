# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clean-up of a pull-through cache as lines to read."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

WIDTH = 1000
WORDS = {"delete": "is emptied", "keep": "stays as it is"}


def cache_lines(result: Mapping[str, Any], _top: int = 0) -> List[str]:
    """What happens to one cache, with bytes before and after."""
    cache, summary = result["cache"], result["summary"]
    (row,) = result["plan"]
    lines = ["Cache %s of %s: it %s." % (printable(cache["name"]), printable(cache["upstream"]), WORDS[row["action"]])]
    lines += ["Why: %s" % printable(row["reason"], WIDTH)]
    lines += ["Outcome: %s" % printable(row["outcome"] + (": " + row["error"] if row["error"] else ""), WIDTH)]
    lines += [_disk(cache, summary)]
    lines += _proof(summary)
    lines += ["Wrong:"] + ["  " + printable(one, WIDTH) for one in result["problems"]] if result["problems"] else []
    lines += ["Good to know:"] + ["  " + printable(note, WIDTH) for note in result["notes"]] if result["notes"] else []
    return lines + ["Audit: plan %s" % result["plan_digest"][:19]]


def _disk(cache: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    before, now = summary["used_bytes_before"], summary["used_bytes"]
    used = format_size(now) if now == before else "%s, before %s" % (format_size(now), format_size(before))
    return "Disk: %s takes %s; %s of %s were free" % (
        printable(cache["storage_path"]),
        used,
        format_size(summary["free_bytes"]),
        format_size(summary["size_bytes"]),
    )


def _proof(summary: Mapping[str, Any]) -> List[str]:
    if summary["down_seconds"] is None:
        return []
    read = "%d images pulled through it afterwards (%s read)" % (
        summary["images_read"],
        format_size(summary["bytes_read"]),
    )
    return ["Proven: not there for %.1f s; %s" % (summary["down_seconds"], read)]
