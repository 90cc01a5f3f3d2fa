# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scan has to tell that the scan before did not, also when everything passed."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, PASSED
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.judged import (
    SHOWN,
    Words,
    called,
    changed_verdicts,
    result_before,
)

IN_GRACE = "in_grace"
WORDS: Words = {
    FAILED: ("fails", "failed"),
    NOT_SCANNED: ("is not scanned", "was not scanned"),
    PASSED: ("passes", "passed"),
}
WAIVERS = (
    ("waivers_expired", "the waiver of %s for %s ended %s, so it counts again"),
    ("waivers_expiring", "the waiver of %s for %s ends %s"),
)


def with_scan_news(result: Mapping[str, Any], previous: Mapping[str, Any], _now: int) -> Dict[str, Any]:
    """The result with `news`, sentences: verdicts that changed, findings whose period of grace began, waivers that end.

    `previous` is the report before. What an image that was not scanned before has is no change.
    """
    before = result_before(previous)
    news = [*changed_verdicts(_judged(result), _judged(before), WORDS), *_grace(result), *_waivers(result, before)]
    return {**result, "news": news}


def _judged(result: Mapping[str, Any]) -> List[Tuple[Any, Any]]:
    rows = result.get("results")
    return (
        [(row, row.get("status") if isinstance(row, Mapping) else None) for row in rows]
        if isinstance(rows, list)
        else []
    )


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
