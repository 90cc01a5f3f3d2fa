# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows registries: what goes, and what stays since the fleet uses it."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Sequence, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_hosts import outcome_chip
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, data_table, join, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.retention import (
    Going,
    group_going,
    kept_words,
    sentence,
)

ROWS = 400
T = TypeVar("T")


def registry_sections(results: Mapping[str, Any]) -> Html:
    """A section per registry; `results` maps names to results of registry_retention."""
    sections = [_registry(at, name, results[name]) for at, name in enumerate(results)]
    return tag("section", tag("h2", "Registries"), *sections) if sections else Html("")


def _registry(at: int, name: str, result: Any) -> Html:
    anchor = "registry-%d" % at
    title = tag("h3", printable(name), id=anchor + "-title", class_="title")
    told = result if isinstance(result, Mapping) else {}
    problem = printable(told.get("msg") or "", 1000) if told.get("failed") or "plan" not in told else ""
    children: List[Child] = (
        [tag("p", problem or "It was not asked.", class_="alert bad")] if problem or not told else []
    )
    if "plan" in told:
        rows = told["plan"]
        used = [row for row in rows if row["action"] == "keep" and row["used_by"]]
        children += [
            tag("p", sentence(told["summary"]) + ".", class_="soft"),
            tag("p", kept_words(rows) + ".", class_="soft") if rows else None,
            _going(group_going(rows)),
            _used(used),
            notes_list(told["notes"]),
        ]
    return tag("section", title, *children, class_="card host", id=anchor, aria_labelledby=anchor + "-title")


def _going(going: Sequence[Going]) -> Html:
    def cells(one: Going) -> List[Child]:
        return [
            tag("span", printable(one.name), class_="name"),
            "-" if one.bytes is None else format_size(one.bytes),
            printable(one.rule),
            tag("span", printable(one.words), class_="reason"),
            outcome_chip(printable(one.outcome, 12), printable(one.error)),
        ]

    return bounded_table("Goes", ["Image", "Bytes", "Rule", "Reason", "Outcome"], going, cells, (1,))


def _used(rows: Sequence[Mapping[str, Any]]) -> Html:
    def cells(row: Mapping[str, Any]) -> List[Child]:
        return [
            tag("span", printable("%s:%s" % (row["repository"], row["tag"] or row["digest"][:19])), class_="name"),
            printable("; ".join(map(str, row["used_by"][:3]))),
        ]

    return bounded_table("Stays, since the fleet uses it", ["Image", "Used by"], rows, cells, ())


def bounded_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[T],
    cells: Callable[[T], List[Child]],
    numbers: Sequence[int],
    most: int = ROWS,
    class_: str = "plan",
) -> Html:
    """The first rows, at `most` so many, and how many more there are; nothing without rows."""
    if not rows:
        return Html("")
    total = len(rows)
    lines = [cells(row) for row in rows[:most]]
    more = tag("p", "%d more rows are not shown here" % (total - most), class_="soft") if total > most else None
    return join([data_table("%s (%d)" % (title, total), header, lines, class_=class_, numbers=numbers), more])


def notes_list(notes: Sequence[str]) -> Html:
    """What to know beside the figures."""
    if not notes:
        return Html("")
    return join(
        [tag("h4", "Good to know"), tag("ul", *[tag("li", printable(note, 1000)) for note in notes], class_="plain")]
    )
