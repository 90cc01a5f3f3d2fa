# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows regions: how far each is behind its source, and what the last sync brought there."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import (
    STATUSES,
    Lag,
    drift_order,
    drift_sentence,
    lags,
    short_digests,
    sync_counts,
    sync_order,
    sync_sentence,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution_results import (
    Told,
    read_distribution,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_hosts import outcome_chip
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import bounded_table, notes_list
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, data_table, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

STATES = {"behind": "bad", "unknown": "warn", "equal": "good"}


def distribution_sections(results: Mapping[str, Any]) -> Html:
    """A section per distribution; see read_distribution."""
    sections = [_distribution(at, name, results[name]) for at, name in enumerate(results)]
    return tag("section", tag("h2", "Regions"), *sections) if sections else Html("")


def _distribution(at: int, name: str, raw: Any) -> Html:
    found = read_distribution(name, raw)
    anchor = "distribution-%d" % at
    title = tag("h3", found.name, id=anchor + "-title", class_="title")
    children: List[Child] = [tag("p", problem, class_="alert bad") for problem in found.problems]
    drift, sync = (told if told and told.result is not None else None for told in (found.drift, found.sync))
    if drift is not None and drift.result is not None:
        children += [
            tag("p", _dated(drift_sentence(drift.result), drift.finished), class_="soft"),
            _regions(drift.result, sync),
            _differences(drift.result),
        ]
    if sync is not None and sync.result is not None:
        children += [
            tag("p", "Last sync: %s" % _dated(sync_sentence(sync.result["summary"]), sync.finished), class_="soft"),
            _plan(sync.result),
        ]
    known = [told.result for told in (drift, sync) if told and told.result]
    problems = [one for result in known for one in (*result["problems"], *(result.get("notes") or ()))]
    return tag(
        "section",
        title,
        *children,
        notes_list(list(dict.fromkeys(problems))),
        class_="card host",
        id=anchor,
        aria_labelledby=anchor + "-title",
    )


def _dated(sentence: str, finished: str) -> str:
    return sentence + (" (%s)." % show_moment(printable(finished)) if finished else ".")


def _regions(result: Mapping[str, Any], sync: Optional[Told]) -> Html:
    """A line for each region, those that are behind first."""
    counts = sync_counts(sync.result) if sync is not None and sync.result is not None else None

    def cells(lag: Lag) -> List[Child]:
        return [
            tag("span", printable(lag.region), class_="name"),
            tag("span", lag.state, class_="chip " + STATES[lag.state]),
            *(str(lag.counts[status]) for status in STATUSES),
            lag.words,
            *([] if counts is None else [_brought(counts.get(lag.region, {}))]),
        ]

    header = ["Region", "State", *map(str.capitalize, STATUSES.values()), "Behind"]
    header += [] if counts is None else ["Last sync"]
    numbers = tuple(range(2, 2 + len(STATUSES)))
    return data_table("Regions", header, [cells(lag) for lag in lags(result)], class_="plan regions", numbers=numbers)


def _brought(counts: Dict[str, int]) -> str:
    return ", ".join("%d %s" % (number, printable(outcome)) for outcome, number in counts.items()) or "nothing to do"


def _differences(result: Mapping[str, Any]) -> Html:
    def cells(row: Mapping[str, Any]) -> List[Child]:
        return [
            tag("span", printable(row["region"]), class_="name"),
            tag("span", printable(row["repository"]), class_="name"),
            tag("span", printable(row["tag"] or "-"), class_="name"),
            tag("span", printable(row["status"], 24), class_="chip"),
            show_moment(printable(row.get("since") or "")) or "-",
            tag("span", short_digests(row["reason"]), class_="reason"),
        ]

    header = ["Region", "Repository", "Tag", "Status", "Since", "Reason"]
    return bounded_table("Tags that differ", header, drift_order(result), cells, ())


def _plan(result: Mapping[str, Any]) -> Html:
    def cells(row: Mapping[str, Any]) -> List[Child]:
        return [
            tag("span", printable(row["region"]), class_="name"),
            tag("span", printable(row["repository"]), class_="name"),
            tag("span", printable(row["tag"]), class_="name"),
            printable(row["action"]),
            tag("span", short_digests(row["reason"]), class_="reason"),
            outcome_chip(printable(row["outcome"], 12), short_digests(row["error"] or "")),
        ]

    header = ["Region", "Repository", "Tag", "Action", "Reason", "Outcome"]
    return bounded_table("What the sync found to do", header, sync_order(result), cells, ())
