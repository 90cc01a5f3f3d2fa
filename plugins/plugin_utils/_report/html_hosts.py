# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower part of the page: every host with its plan, what is not known about it, and the audit line."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import Fleet, Host, Row
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.groups import some
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_overview import commands, state_chip
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, data_table, join, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import reclaimable, size_range

# A page of more rows is no longer read, and browsers become slow.
ROWS_IN_PAGE = 20000
ROWS_PER_HOST = 400
OUTCOMES = {
    "done": "good",
    "gone": "good",
    "failed": "bad",
    "refused": "warn",
    "deferred": "warn",
    "pending": "warn",
    "restored": "warn",
}


def host_sections(fleet: Fleet) -> Html:
    """A section per host, in the order of the inventory."""
    limit = min(ROWS_PER_HOST, max(10, ROWS_IN_PAGE // max(len(fleet.hosts), 1)))
    sections = [_host(at, host, limit) for at, host in enumerate(fleet.hosts)]
    return tag("section", tag("h2", "Host by host"), *sections) if sections else Html("")


def _host(at: int, host: Host, limit: int) -> Html:
    anchor = "host-%d" % at
    title = tag("h3", host.name, " ", state_chip(host), id=anchor + "-title", class_="title")
    if not host.answered:
        return _section(anchor, title, tag("p", host.problem))
    in_use = [row for row in host.rows if not row.deletes and not row.unused]
    return _section(
        anchor,
        title,
        tag("p", _sentence(host), class_="soft"),
        tag("p", host.problem, class_="alert bad") if host.problem else None,
        tag("p", "Held by the brake: ", host.hold, class_="alert warn") if host.hold else None,
        tag("p", "Disk: ", host.pressure) if host.pressure else None,
        _rows(
            "Goes" if not host.applied else "Planned to go, and what became of it", host.deletes, limit, host.applied
        ),
        _rows("Unused, stays", [row for row in host.rows if not row.deletes and row.unused], limit, False),
        _folded("In use, stays: %d name%s" % (len(in_use), "" if len(in_use) == 1 else "s"), in_use, limit),
        _list("Good to know", host.notes),
        _audit(host),
    )


def _section(anchor: str, title: Html, *children: Child) -> Html:
    return tag("section", title, *children, class_="card host", id=anchor, aria_labelledby=anchor + "-title")


def _sentence(host: Host) -> str:
    counts = host.counts
    words = "%d images under %d names; %d to delete, %s" % (
        counts.images,
        counts.references,
        counts.to_delete,
        reclaimable(counts),
    )
    return words + (". Engine %s, %s image store." % (host.engine, host.store) if host.store else ".")


def _rows(title: str, rows: Sequence[Row], limit: int, outcomes: bool) -> Html:
    return _table(title, rows, limit, outcomes) if rows else Html("")


def _folded(title: str, rows: Sequence[Row], limit: int) -> Html:
    if not rows:
        return Html("")
    return tag("details", tag("summary", title), _table(title, rows, limit, False))


def _table(title: str, rows: Sequence[Row], limit: int, outcomes: bool) -> Html:
    header = ["Image", "Bytes", "Rule", "Reason", "Used by"] + (["Outcome"] if outcomes else [])
    lines: List[List[Child]] = []
    for row in rows[:limit]:
        cells: List[Child] = [
            tag("span", row.name, class_="name"),
            size_range(row.low, row.high) if row.unused or row.deletes else "-",
            row.rule or "-",
            tag("span", row.reason, class_="reason"),
            some(row.used_by, 5) or "nobody",
        ]
        lines.append(cells + ([outcome_chip(row.outcome, row.error)] if outcomes else []))
    more = (
        tag("p", "%d more rows are not shown here" % (len(rows) - limit), class_="soft") if len(rows) > limit else None
    )
    return join([data_table("%s (%d)" % (title, len(rows)), header, lines, class_="plan", numbers=(1,)), more])


def outcome_chip(outcome: str, error: str) -> Html:
    """What became of a row, as a coloured word with the cause."""
    chip = tag("span", outcome or "-", class_=("chip " + OUTCOMES.get(outcome, "")).strip())
    return join([chip, " " + error if error else None])


def _list(title: str, lines: Sequence[str]) -> Html:
    return (
        join([tag("h4", title), tag("ul", *[tag("li", commands(line)) for line in lines], class_="plain")])
        if lines
        else Html("")
    )


def _audit(host: Host) -> Html:
    audit = host.audit
    told = [
        ("Run", show_moment(audit.at)),
        ("Mode", audit.mode),
        ("Policy", audit.policy_digest),
        ("Policy issued", show_moment(audit.policy_issued)),
        ("Policy valid until", show_moment(audit.policy_valid_until)),
        ("Plan", audit.plan_digest),
        ("Engine", audit.engine_id),
    ]
    lines = [piece for label, value in told if value for piece in (tag("dt", label), tag("dd", value, class_="name"))]
    return join([tag("h4", "Audit"), tag("dl", *lines, class_="audit")]) if lines else Html("")
