# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as text."""

from __future__ import annotations

from typing import Any, Sequence

from columns import Row, columns
from tools import OURS


def render(results: dict[str, Any]) -> str:
    """The three tables of one engine and size."""
    title = "%s (engine %s), %d images: %d unused, %d in use under %d names by %d containers" % (
        results["store"],
        results["version"],
        results["images"],
        results["unused"],
        results["images"] - results["unused"],
        results["used_names"],
        results["containers"],
    )
    truth = results["truth_bytes"]
    told = "no tool deleted exactly what is unused, so no preview is judged"
    if truth is not None:
        told = "deleting what is unused freed %s on disk (the tools differ by %s)" % (
            _bytes(truth),
            _bytes(results["truth_spread_bytes"]),
        )
    busy = "load of the machine at the start: %.1f on %d cores" % (results["load"], results["cores"])
    if results["load"] > results["cores"]:
        busy += ", so other work was going on and times are rough; counts and bytes are not affected"
    return "\n".join(
        [
            title,
            "=" * len(title),
            told,
            busy,
            "",
            *columns("preview", ("bytes", "error", "images right", "time", "seconds", "calls"), _previews(results)),
            "",
            *columns("deletion", ("freed", "time", "seconds", "calls", "of them DELETE"), _deletions(results)),
            "",
            *columns(
                "after the deletion",
                ("used names lost", "used images lost", "containers that no longer start", "unused left"),
                _safety(results),
            ),
            "",
        ]
    )


def _previews(results: dict[str, Any]) -> list[Row]:
    base = _base(results["previews"])
    rows: list[Row] = []
    for row in results["previews"]:
        if _why(row):
            rows.append((row["tool"], _why(row)))
            continue
        right = "not told" if row["right"] is None else "%d of %d" % (row["right"], row["named"])
        size = "not told" if row["low"] is None else _bytes(row["low"])
        if row["low"] != row["high"]:
            size += " to " + _bytes(row["high"])
        cells = (size, _error(row, results["truth_bytes"]), right)
        rows.append((row["tool"], (*cells, _ratio(row, base), "%.2f" % row["seconds"], "%d" % row["calls"])))
    return rows


def _deletions(results: dict[str, Any]) -> list[Row]:
    base = _base(results["deletions"])
    rows: list[Row] = []
    for row in results["deletions"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        deletes = sum(count for kind, count in row["calls_by_kind"].items() if kind.startswith("DELETE"))
        cells = (_bytes(row["freed_bytes"]), _ratio(row, base), "%.2f" % row["seconds"], "%d" % row["calls"])
        rows.append((row["tool"], (*cells, "%d" % deletes)))
        if row["trouble"]:
            rows.append(("", "(%s)" % row["trouble"]))
    return rows


def _safety(results: dict[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for row in results["deletions"]:
        if "missing" in row:
            rows.append((row["tool"], row["missing"]))
            continue
        used = results["images"] - results["unused"]
        cells = (
            "%d of %d" % (row["names_lost"], results["used_names"]),
            "%d of %d" % (row["images_lost"], used),
            "%d of %d" % (row["containers_broken"], results["containers"]),
            "%d of %d" % (row["unused_left"], results["unused"]),
        )
        rows.append((row["tool"], cells))
        if row["example"]:
            rows.append(("", "(%s)" % row["example"]))
    return rows


def _why(row: dict[str, Any]) -> str:
    return str(row.get("missing") or row.get("trouble") or "")


def _base(rows: Sequence[dict[str, Any]]) -> float | None:
    """Seconds of this collection, first run."""
    (ours,) = (row for row in rows if row["tool"] == OURS)
    return None if ours.get("trouble") or "seconds" not in ours else float(ours["seconds"])


def _ratio(row: dict[str, Any], base: float | None) -> str:
    return "?" if base is None else "x%.2f" % (row["seconds"] / base)


def _error(row: dict[str, Any], truth: int | None) -> str:
    """How far the interval is from the truth; 0 when the truth lies inside."""
    if row["low"] is None or not truth:
        return "?" if row["low"] is not None else "not told"
    if row["low"] <= truth <= row["high"]:
        return "none"
    near = row["low"] if row["low"] > truth else row["high"]
    return "x%.1f" % (near / truth) if near > 2 * truth else "%+.2f %%" % (100 * (near - truth) / truth)


def _bytes(count: int) -> str:
    return "%.2f MB" % (count / 10**6)
