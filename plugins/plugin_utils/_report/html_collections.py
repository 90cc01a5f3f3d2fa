# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows garbage collections: disk before and after, what went, and the proof."""

from __future__ import annotations

from typing import Any, List, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.collection import (
    collection_sentence,
    disk_words,
    largest_first,
    proof_words,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_hosts import outcome_chip
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import bounded_table, notes_list
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable


def collection_sections(results: Mapping[str, Any]) -> Html:
    """A section per registry; `results` maps names to results of registry_garbage_collect."""
    sections = [_collection(at, name, results[name]) for at, name in enumerate(results)]
    return tag("section", tag("h2", "Garbage collection"), *sections) if sections else Html("")


def _collection(at: int, name: str, result: Any) -> Html:
    anchor = "collection-%d" % at
    title = tag("h3", printable(name), id=anchor + "-title", class_="title")
    told = result if isinstance(result, Mapping) else {}
    children: List[Child] = []
    if told.get("failed") or "plan" not in told:
        children.append(tag("p", printable(told.get("msg") or "It was not asked.", 1000), class_="alert bad"))
    if "plan" in told:
        summary = told["summary"]
        children += [
            tag("p", collection_sentence(summary) + ".", class_="soft"),
            tag("p", disk_words(told["registry"], summary) + ".", class_="soft"),
            tag("p", proof_words(summary) + ".", class_="soft") if summary["closed_seconds"] is not None else None,
            _going(told["plan"]),
            notes_list([*told["problems"], *told["notes"]]),
        ]
    return tag("section", title, *children, class_="card host", id=anchor, aria_labelledby=anchor + "-title")


def _going(rows: List[Mapping[str, Any]]) -> Html:
    def cells(row: Mapping[str, Any]) -> List[Child]:
        return [
            tag("span", printable(row["digest"][:19]), class_="name"),
            format_size(row["bytes"]),
            tag("span", printable(row["reason"]), class_="reason"),
            outcome_chip(printable(row["outcome"], 12), printable(row["error"] or "")),
        ]

    header = ["Content", "Bytes", "Reason", "Outcome"]
    return bounded_table("Goes, the largest first", header, largest_first(rows), cells, (1,))
