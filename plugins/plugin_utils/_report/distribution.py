# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regions as lines to read: how far each is behind its source, and what was brought to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable, table

TOP = 10
BEHIND = ("missing", "different", "missing_platform", "missing_signature")
# Statuses as columns call them.
STATUSES = {
    "equal": "EQUAL",
    "missing": "MISSING",
    "different": "DIFFERENT",
    "missing_platform": "PLATFORM",
    "missing_signature": "SIGNATURE",
    "extra": "EXTRA",
    "unknown": "UNKNOWN",
}
TAGS_IN_LINE = 3
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
DRIFT_WIDTHS = (24, 44, 32, 0, 0, 76)
SYNC_WIDTHS = (24, 44, 32, 0, 0, 76)


@dataclass(frozen=True)
class Lag:
    """One region: its figures by status, and what it lacks, the oldest first."""

    region: str
    counts: Mapping[str, int]
    entries: Sequence[Mapping[str, Any]]

    @property
    def behind(self) -> int:
        return sum(self.counts[status] for status in BEHIND)

    @property
    def state(self) -> str:
        """One word. What could not be read is never equal."""
        return "behind" if self.behind else "unknown" if self.counts["unknown"] else "equal"

    @property
    def since(self) -> str:
        """When a check first saw the oldest difference that is left, ISO 8601; empty when no check told."""
        return min((str(one["since"]) for one in self.entries if one.get("since")), default="")

    @property
    def words(self) -> str:
        """Which tags, as far as a line holds them."""
        names = [entry_name(one) for one in self.entries]
        more = " and %d more" % (len(names) - TAGS_IN_LINE) if len(names) > TAGS_IN_LINE else ""
        since = "since %s: " % show_moment(printable(self.since)) if self.since else ""
        return since + ", ".join(names[:TAGS_IN_LINE]) + more if names else "-"


def lags(result: Mapping[str, Any]) -> List[Lag]:
    """Every region of a drift check, those that are behind first, the others in the order of the options."""
    found = []
    for figures in result["regions"]:
        own = [one for one in result["drift"] if one["region"] == figures["region"] and one["status"] != "extra"]
        own.sort(key=lambda one: (str(one.get("since") or ""), one["repository"], one["tag"] or ""))
        found.append(Lag(figures["region"], figures, own))
    order = ("behind", "unknown", "equal")
    return sorted(found, key=lambda lag: (order.index(lag.state), -lag.behind))


def drift_sentence(result: Mapping[str, Any]) -> str:
    """The figures of a check in one sentence, without its full stop."""
    found = lags(result)
    counts = {state: [lag.region for lag in found if lag.state == state] for state in ("behind", "unknown", "equal")}
    told = ["%d of %d regions equal" % (len(counts["equal"]), len(found))]
    for state, words in (("behind", "behind"), ("unknown", "not known")):
        if counts[state]:
            told.append("%s: %s" % (words, ", ".join(map(printable, counts[state]))))
    return "; ".join(told) + "; %d tags compared" % result["summary"]["tags"]


def drift_lines(result: Mapping[str, Any], top: int = TOP) -> List[str]:
    """A line for each region, so that one that lags is seen at a glance, then the tags."""
    found = lags(result)
    cells = [
        [
            printable(lag.region),
            lag.state.upper() if lag.state != "equal" else lag.state,
            *(str(lag.counts[status]) for status in STATUSES),
            lag.words,
        ]
        for lag in found
    ]
    header = ("REGION", "STATE", *STATUSES.values(), "BEHIND")
    numbers = tuple(range(2, 2 + len(STATUSES)))
    lines = ["Regions: %s." % drift_sentence(result)]
    lines += ["  " + line for line in table(header, cells, right=numbers, limits=(24,))]
    lines += _drift_rows(result, top)
    return lines + _problems(result) + ["Audit: %d requests" % result["summary"]["requests"]]


def drift_order(result: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """What differs in the order of the regions, what only a region has at the end."""
    extra = [one for one in result["drift"] if one["status"] == "extra"]
    return [one for lag in lags(result) for one in lag.entries] + extra


def sync_sentence(summary: Mapping[str, Any]) -> str:
    """The figures of a run in one sentence, without its full stop."""
    words = "%d tags compared, %d unchanged" % (summary["tags"], summary["unchanged"])
    if "moved_back" in summary:
        words += ", %d moved back" % summary["moved_back"]
    else:
        words += ", %d brought" % summary["copied"]
        words += " (%s read, %s sent)" % (format_size(summary["bytes"]), format_size(summary["bytes_sent"]))
    told = "".join(", %d %s" % (summary[key], key) for key in ("removed", "deferred", "failed") if summary.get(key))
    kept_back = summary.get("kept_back_by_scan")
    return words + told + (", %d kept back by the scan gate" % kept_back if kept_back else "")


def sync_counts(result: Mapping[str, Any]) -> Dict[str, Dict[str, int]]:
    """Region -> outcome -> rows of the plan."""
    found: Dict[str, Dict[str, int]] = {}
    for row in result["plan"]:
        counts = found.setdefault(row["region"], {})
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    return found


def sync_order(result: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """What went wrong first."""
    order = ("failed", "deferred")
    return sorted(
        result["plan"], key=lambda row: order.index(row["outcome"]) if row["outcome"] in order else len(order)
    )


def sync_lines(result: Mapping[str, Any], top: int = TOP) -> List[str]:
    """The summary, a line for each region with something to do, then the tags, what went wrong first."""
    summary = result["summary"]
    lines = ["Regions: %s." % sync_sentence(summary)]
    for region, counts in sync_counts(result).items():
        told = ["%d %s" % (number, outcome) for outcome, number in counts.items()]
        lines.append("  %s: %s" % (printable(region), ", ".join(map(printable, told))))
    rows = sync_order(result)
    if rows:
        cells = [
            [
                printable(row["region"]),
                printable(row["repository"]),
                printable(row["tag"]),
                printable(row["action"]),
                printable(row["outcome"]),
                short_digests(row["error"] or row["reason"]),
            ]
            for row in rows[:top]
        ]
        shown = table(("REGION", "REPOSITORY", "TAG", "ACTION", "STATUS", "REASON"), cells, limits=SYNC_WIDTHS)
        lines += ["Tags that differ:"] + ["  " + line for line in shown] + _more(rows, top)
    lines += _problems(result)
    notes = result.get("notes") or []
    lines += ["Good to know:"] + ["  " + printable(one, 1000) for one in notes] if notes else []
    return lines + ["Audit: plan %s, %d requests" % (result["plan_digest"][:19], summary["requests"])]


def entry_name(entry: Mapping[str, Any]) -> str:
    """`repository:tag`, or the repository that could not be read."""
    tag = "" if entry["tag"] is None else ":%s" % printable(entry["tag"])
    return printable(entry["repository"]) + tag


def _drift_rows(result: Mapping[str, Any], top: int) -> List[str]:
    rows = drift_order(result)
    if not rows:
        return []
    cells = [
        [
            printable(row["region"]),
            printable(row["repository"]),
            printable(row["tag"] or "-"),
            printable(row["status"]),
            show_moment(printable(row.get("since") or "")) or "-",
            short_digests(row["reason"]),
        ]
        for row in rows[:top]
    ]
    header = ("REGION", "REPOSITORY", "TAG", "STATUS", "SINCE", "REASON")
    shown = table(header, cells, limits=DRIFT_WIDTHS)
    return ["Tags that differ:"] + ["  " + line for line in shown] + _more(rows, top)


def short_digests(text: str) -> str:
    """Digests as far as people read them."""
    return _DIGEST.sub(r"\1", printable(text))


def _more(rows: Sequence[Any], top: int) -> List[str]:
    return ["  and %d more" % (len(rows) - top)] if len(rows) > top else []


def _problems(result: Mapping[str, Any]) -> List[str]:
    problems = result["problems"]
    return ["Could not be compared:"] + ["  " + printable(one, 1000) for one in problems] if problems else []
