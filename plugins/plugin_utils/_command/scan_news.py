# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scan has to tell that the scan before did not, also when everything passed."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, PASSED
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scan_names import called

IN_GRACE = "in_grace"
SHOWN = 3
# Worst first: of several names of an image the worst verdict counts.
STATUSES = (FAILED, NOT_SCANNED, PASSED)
WORDS = {FAILED: "fails", NOT_SCANNED: "is not scanned", PASSED: "passes"}
WAIVERS = (
    ("waivers_expired", "the waiver of %s for %s ended %s, so it counts again"),
    ("waivers_expiring", "the waiver of %s for %s ends %s"),
)


def with_scan_news(result: Mapping[str, Any], previous: Mapping[str, Any], _now: int) -> Dict[str, Any]:
    """The result with `news`, sentences: verdicts that changed, findings whose period of grace began, waivers that end.

    `previous` is the report before. What an image that was not scanned before has is no change.
    """
    before = _result_of(previous)
    news = [*_verdicts(result, before), *_grace(result), *_waivers(result, before)]
    return {**result, "news": news}


def _verdicts(result: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """By the names whose verdict changed: an image may have another one beside it whose verdict did not."""
    known = _statuses(before)
    for row in result["results"]:
        names = [name for name in row["references"] if "@" not in name] or [row["image"]]
        for was in STATUSES:
            changed = [name for name in names if was != row["status"] and known.get(name) == was]
            if changed:
                more = " (and %d more of its names)" % (len(changed) - 1) if len(changed) > 1 else ""
                yield "%s%s %s, it %s before" % (changed[0], more, WORDS[row["status"]], _past(was))


def _grace(result: Mapping[str, Any]) -> Iterator[str]:
    for row in result["results"]:
        new = [one for one in row["findings"] if one.get("part") == IN_GRACE and one["change"] == "new"]
        if new:
            names = ", ".join("%s in %s" % (one["id"], one["package"]) for one in new[:SHOWN])
            more = ", and %d more" % (len(new) - SHOWN) if len(new) > SHOWN else ""
            yield "%s: the period of grace began for %s%s" % (called(row), names, more)


def _waivers(result: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    told = before.get("summary")
    for field, words in WAIVERS:
        earlier = told.get(field) if isinstance(told, Mapping) else None
        known = {_waiver_key(one) for one in earlier or [] if isinstance(one, Mapping)}
        for one in result["summary"].get(field) or []:
            if _waiver_key(one) not in known:
                yield words % (one.get("owner"), one.get("id"), one.get("expires"))


def _waiver_key(waiver: Mapping[str, Any]) -> Tuple[str, ...]:
    return tuple(str(waiver.get(field)) for field in ("id", "package", "images", "expires"))


def _past(status: str) -> str:
    return {FAILED: "failed", NOT_SCANNED: "was not scanned", PASSED: "passed"}[status]


def _result_of(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The file may have been damaged: what is not as we write it is not known."""
    last: Optional[Any] = report if report.get("result") is not None else report.get("last_with_result")
    result = last.get("result") if isinstance(last, Mapping) else None
    return result if isinstance(result, Mapping) else {}


def _statuses(result: Mapping[str, Any]) -> Dict[str, str]:
    rows = result.get("results")
    found: Dict[str, str] = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping) or row.get("status") not in STATUSES:
            continue
        references: List[Any] = row["references"] if isinstance(row.get("references"), list) else []
        for name in (row.get("image"), *references):
            worst = min(found.get(str(name), PASSED), str(row["status"]), key=STATUSES.index)
            found[str(name)] = worst
    return found
