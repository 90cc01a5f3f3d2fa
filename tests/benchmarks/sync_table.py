# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of C to G as tables."""

from __future__ import annotations

from typing import Any

from columns import Row, columns
from sync_compare import FAULTS, MANY


def render_runs(found: dict[str, Any]) -> str:
    heads = ("arrived", "source", "region", "per tag", "seconds", "again", "per tag", "seconds", "never moving")
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        first, second = row["first"], row["second"]
        fixed = row.get("fixed")
        cells = (
            "%d" % row["copied"],
            "%d" % first["source"],
            "%d" % first["regions"],
            _per_tag(first, found["tags"]),
            "%.1f" % first["seconds"],
            "%d" % _all(second),
            _per_tag(second, found["tags"]),
            "%.1f" % second["seconds"],
            "%s per tag" % _per_tag(fixed, found["tags"]) if fixed else "",
        )
        rows.append((row["tool"], cells))
        rows += _more([first, second, *([fixed] if fixed else [])], row)
    title = "D and C: %d tags of two platforms to an empty region (%d blobs), then again" % (
        found["tags"],
        found["blobs"],
    )
    told = (
        "wanted: <= 30 requests per tag at first, <= 2.01 when there is nothing to do, <= 0.04 for tags that never move"
    )
    many: list[Row] = []
    for row in found["many"]:
        many.append((row["tool"], ("%d" % _all(row), _per_tag(row, MANY), "%.1f" % row["seconds"])))
        many += _more([row], row)
    lines = columns("tool", heads, rows)
    return _section(
        title,
        told,
        [*lines, "", "Nothing to do for %d tags:" % MANY, ""]
        + columns("tool", ("requests", "per tag", "seconds"), many),
    )


def render_regions(found: dict[str, Any]) -> str:
    heads = ("arrived", "source blobs", "bytes read", "source", "regions", "seconds")
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        cells = (
            "%d" % row["copied"],
            "%d" % row["blobs"],
            "%.2f MB" % (row["bytes"] / 1e6),
            "%d" % row["source"],
            "%d" % row["regions"],
            "%.1f" % row["seconds"],
        )
        rows.append((row["tool"], cells))
        rows += _more([row], row)
    title = "E: %d tags to three regions (%d blobs)" % (found["tags"], found["blobs"])
    return _section(title, "wanted: each blob is read once from the source", columns("tool", heads, rows))


def render_faults(found: dict[str, Any]) -> str:
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        cells = [
            "%d%s, %.1f s" % (one["copied"], " (%d broken)" % one["broken"] if one["broken"] else "", one["seconds"])
            for one in row["faults"].values()
        ]
        rows.append((row["tool"], tuple(cells)))
        rows += [("", "MISSED: " + text) for text in row.get("missed", ())]
    title = "F: %d tags from a source on whose way things go wrong" % found["tags"]
    told = "tags that arrived whole; one request in ten is refused, one blob in twenty is damaged. Wanted: all of them, always"
    return _section(title, told, columns("tool", tuple(FAULTS), rows))


def render_drift(found: dict[str, Any]) -> str:
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        rows.append((row["tool"], ("%.2f" % row["seconds"], "%d" % row["source"], "%d" % row["regions"])))
        rows += _more([row], row)
    title = "G: is there anything to do? %d tags, %d ms more for each request on both sides" % (
        found["tags"],
        1000 * found["delay"],
    )
    told = "whole processes, their start included; wanted: <= 1.5 s and ahead of the others"
    return _section(title, told, columns("tool", ("seconds", "source", "region"), rows))


def _all(run: dict[str, Any]) -> int:
    return int(run["source"] + run["regions"])


def _per_tag(run: dict[str, Any], tags: int) -> str:
    return "%.2f" % (_all(run) / tags)


def _more(runs: list[dict[str, Any]], row: dict[str, Any]) -> list[Row]:
    lines = ["(%s)" % one["trouble"] for one in runs if one["trouble"]]
    return [("", text) for text in [*lines, *("MISSED: " + text for text in row.get("missed", ()))]]


def _section(title: str, told: str, lines: list[str]) -> str:
    return "\n".join([title, "=" * len(title), told, "", *lines, ""])
