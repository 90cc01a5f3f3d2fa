# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a region has been behind: what this check found beside what the checks before it found."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time

Key = Tuple[Any, ...]


def with_history(result: Mapping[str, Any], previous: Mapping[str, Any], now: int) -> Dict[str, Any]:
    """The result with `since` (ISO 8601) and `runs` in each entry of `drift`: when it was first seen, and by how many checks in a row.

    `previous` is the report before. A region that has moved its tag meanwhile is not stuck, so its count starts anew.
    """
    before = _known(previous)
    entries = []
    for entry in result["drift"]:
        since, runs = before.get(_key(entry), (iso_time(now), 0))
        entries.append({**entry, "since": since, "runs": runs + 1})
    return {**result, "drift": entries}


def longest(result: Optional[Mapping[str, Any]]) -> int:
    """Of what is behind or could not be read: the greatest number of checks in a row that found it; 0 without any."""
    drift = (result or {}).get("drift", ())
    return max((entry.get("runs", 1) for entry in drift if entry["status"] != "extra"), default=0)


def _known(report: Mapping[str, Any]) -> Dict[Key, Tuple[str, int]]:
    """The file may have been damaged: what is not as we write it is not known."""
    last = report if report.get("result") is not None else report.get("last_with_result")
    result = last.get("result") if isinstance(last, Mapping) else None
    entries = result.get("drift") if isinstance(result, Mapping) else None
    return {
        _key(one): (one["since"], one["runs"])
        for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("since"), str) and isinstance(one.get("runs"), int)
    }


def _key(entry: Mapping[str, Any]) -> Key:
    return tuple(str(entry.get(field)) for field in ("region", "repository", "tag", "held"))
