# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of the comparisons of registries as text."""

from __future__ import annotations

from typing import Any

from columns import Row, columns
from registry_retention import LEAST_RECLAIMED
from registry_work import METHODS


def render_retention(found: dict[str, Any]) -> str:
    heads = ("requests", "may be", *METHODS, "reclaimed", "kept whole", "old tags left", "seconds", "time")
    base = found["rows"][0]["seconds"]
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        cells = (
            "%d" % row["requests"],
            "<= %d" % row["most"] if row["most"] else "",
            *("%d" % row["by_method"].get(method, 0) for method in METHODS),
            "%.1f %%" % (100 * row["reclaimed"]),
            "%d/%d" % (row["kept"], found["keep"]),
            "%d" % row["old_left"],
            "%.1f" % row["seconds"],
            "x%.1f" % (row["seconds"] / base),
        )
        rows.append((row["tool"], cells))
        rows += _more(row)
    title = "A: keep the newest %d of %d tags of two platforms, then collect garbage" % (found["keep"], found["tags"])
    told = "%d blobs, %.2f MB; wanted: >= %.0f %% reclaimed (the best possible is %.1f %%), %d/%d" % (
        found["blobs"],
        found["bytes"] / 1e6,
        100 * LEAST_RECLAIMED,
        100 * found["best"],
        found["keep"],
        found["keep"],
    )
    return _section(title, told, columns("tool", heads, rows))


def render_traps(found: dict[str, Any]) -> str:
    heads = ("wrong deletions", "kept tags", "used digests", "signatures", "orphans left", "old tags left", "requests")
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        cells = (
            "%d" % row["wrong"],
            "%d of %d" % (row["kept_lost"], found["keep"]),
            "%d of %d" % (row["used_lost"], found["used"]),
            "%d of %d" % (row["signatures_lost"], found["signatures"]),
            "%d of %d" % (row["orphans"], 2 * found["signed_old"]),
            "%d" % row["old_left"],
            "%d" % row["requests"],
        )
        rows.append((row["tool"], cells))
        rows += _more(row)
    title = "B: the same with traps: %d of %d tags share digests with kept ones, %d signed images go and %d stay" % (
        found["moved"],
        found["tags"],
        found["signed_old"],
        found["signed_kept"],
    )
    told = "%d digests are in use on hosts (engines %s); wanted: no wrong deletion and no orphan" % (
        found["used"],
        ", ".join(found["engines"]),
    )
    return _section(title, told, columns("tool", heads, rows))


def render_listing(found: dict[str, Any]) -> str:
    heads = (
        "pages",
        "tags lost",
        "requests",
        "peak memory",
        "of %d tags" % found["few"],
        "growth",
        "may be",
        "seconds",
    )
    rows: list[Row] = []
    for row in found["rows"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        many = row["many"]
        cells = (
            "%d" % many["pages"],
            "%d" % many["lost"],
            "%d" % many["requests"],
            _mebibytes(many["peak"]),
            _mebibytes(row["few"]["peak"]),
            _mebibytes(row["growth"]),
            "<= %s" % _mebibytes(row["most"]) if "most" in row else "",
            "%.1f" % many["seconds"],
        )
        rows.append((row["tool"], cells))
        rows += _more({**row, "trouble": many["trouble"]})
    title = "H: %d tags in Link pages of %d" % (found["tags"], found["page"])
    told = (
        "on a stand-in that pages, which docker-registry 2.8 does not; wanted: every page, no tag lost, little growth"
    )
    return _section(title, told, columns("tool", heads, rows))


def _more(row: dict[str, Any]) -> list[Row]:
    """What else is to be said of a row."""
    lines = []
    if "before" in row:
        lines.append("(and %d requests before, which a run of the same day remembers)" % row["before"])
    if row["trouble"]:
        lines.append("(%s)" % row["trouble"])
    lines += ["MISSED: " + text for text in row.get("missed", ())]
    return [("", text) for text in lines]


def _mebibytes(count: int) -> str:
    return "%.1f MiB" % (count / 1024)


def _section(title: str, told: str, lines: list[str]) -> str:
    return "\n".join([title, "=" * len(title), told, "", *lines, ""])
