# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A garbage collection's result as lines to read."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable, table

TOP = 10
WIDTHS = (20, 0, 60, 60)


def collection_lines(result: Mapping[str, Any], top: int = TOP) -> List[str]:
    """The summary of one registry; the largest pieces of content first."""
    registry, summary = result["registry"], result["summary"]
    lines = ["Registry %s, garbage collection: %s." % (printable(registry["name"]), collection_sentence(summary))]
    lines += [disk_words(registry, summary) + "."]
    lines += _going(result["plan"], top)
    lines += ["Proven: " + proof_words(summary)] if summary["closed_seconds"] is not None else []
    lines += ["Wrong:"] + ["  " + printable(one, 1000) for one in result["problems"]] if result["problems"] else []
    lines += ["Good to know:"] + ["  " + printable(note, 1000) for note in result["notes"]] if result["notes"] else []
    return lines + ["Audit: plan %s, %d requests" % (result["plan_digest"][:19], summary["requests"])]


def collection_sentence(summary: Mapping[str, Any]) -> str:
    """The figures of a run in one sentence, without its full stop."""
    words = "%d pieces of content stay, %d go (%s)" % (
        summary["kept"],
        summary["to_delete"],
        format_size(summary["reclaimable_bytes"]),
    )
    outcomes = ["%d %s" % (summary[key], key) for key in ("deleted", "refused", "deferred", "failed") if summary[key]]
    return words + (": " + ", ".join(outcomes) if outcomes else "")


def disk_words(registry: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """Disk usage before and after."""
    before, now = summary["used_bytes_before"], summary["used_bytes"]
    used = format_size(now) if now == before else "%s, before %s" % (format_size(now), format_size(before))
    return "Disk: content in %s takes %s; %s of %s are free" % (
        printable(registry["storage_path"]),
        used,
        format_size(summary["free_bytes"]),
        format_size(summary["size_bytes"]),
    )


def proof_words(summary: Mapping[str, Any]) -> str:
    """For how long it was closed, and what was checked after it was opened again."""
    closed = "closed for pushes for %.1f s" % summary["closed_seconds"]
    if not summary["images_read"]:
        return closed
    return "%s; %d images read whole afterwards (%s)" % (
        closed,
        summary["images_read"],
        format_size(summary["bytes_read"]),
    )


def largest_first(rows: List[Mapping[str, Any]]) -> List[Mapping[str, Any]]:
    """The rows of a plan as people want to see them."""
    return sorted(rows, key=lambda row: (-row["bytes"], row["digest"]))


def _going(rows: List[Mapping[str, Any]], top: int) -> List[str]:
    if not rows:
        return []
    cells = [
        [
            row["digest"][:19],
            format_size(row["bytes"]),
            printable(row["reason"]),
            printable(row["outcome"] + (": " + row["error"] if row["error"] else "")),
        ]
        for row in largest_first(rows)[:top]
    ]
    shown = table(("CONTENT", "BYTES", "REASON", "OUTCOME"), cells, right=(1,), limits=WIDTHS)
    rest = ["  and %d more" % (len(rows) - top)] if len(rows) > top else []
    return ["Goes, the largest first:"] + ["  " + line for line in shown] + rest
