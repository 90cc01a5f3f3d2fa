# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last scans of each digest said, for those who ask before they bring or update an image: the part of the memory they read."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import (
    FAILED,
    NOT_SCANNED,
    PASSED,
    Verdict,
)

WORST_FIRST = (FAILED, NOT_SCANNED, PASSED)
#: Digest -> platform ("" where nothing tells it) -> {"at": seconds, "status", "scanned" (ISO 8601), "scanner", "reasons", "images"}.
Verdicts = Dict[str, Dict[str, Dict[str, Any]]]


def decode_verdicts(document: Mapping[str, Any]) -> Verdicts:
    """Checked; raises ValueError, TypeError, KeyError or AttributeError."""
    return {
        digest: {platform: _decoded(one) for platform, one in by_platform.items()}
        for digest, by_platform in document.items()
    }


def remember_verdicts(known: Mapping[str, Any], verdicts: Sequence[Verdict], now: int, kept: int) -> Verdicts:
    """By every digest of an image, that of its index among them, which has a verdict of each platform.

    What failed stays failed until a scan proves better: one that did not come about does not, nor one without a policy, which everything
    passes. Those older than `kept` seconds go.
    """
    merged = {
        digest: {platform: one for platform, one in by_platform.items() if now - one["at"] <= kept}
        for digest, by_platform in known.items()
    }
    # The worst last, where one run has two of the same digest and platform.
    for verdict in sorted((one for one in verdicts if one.by_policy), key=lambda one: -WORST_FIRST.index(one.status)):
        for digest in verdict.digests:
            _put(merged.setdefault(digest, {}), verdict, now)
    return {digest: by_platform for digest, by_platform in merged.items() if by_platform}


def worst_verdict(by_platform: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """What counts for a digest: the worst of its platforms, the oldest of equals; with `platform`, None where nothing tells it."""
    platform, worst = min(
        by_platform.items(), key=lambda entry: (WORST_FIRST.index(entry[1]["status"]), entry[1]["at"], entry[0])
    )
    return {**worst, "platform": platform or None}


def _put(by_platform: Dict[str, Dict[str, Any]], verdict: Verdict, now: int) -> None:
    platform = verdict.subject.platform or ""
    before = by_platform.get(platform)
    if verdict.status == NOT_SCANNED and before is not None and before["status"] == FAILED:
        return
    by_platform[platform] = _entry(verdict, before, now)
    if platform and verdict.status != NOT_SCANNED:
        # It was of one of the platforms, and nothing would ever replace it.
        by_platform.pop("", None)


def _entry(verdict: Verdict, before: Any, now: int) -> Dict[str, Any]:
    same_run = [] if before is None or before["at"] != now else before["images"]
    return {
        "at": now,
        "status": verdict.status,
        "scanned": told_time(now),
        "scanner": verdict.scanner,
        "reasons": list(verdict.reasons),
        "images": sorted({*same_run, verdict.subject.image}),
    }


def _decoded(one: Mapping[str, Any]) -> Dict[str, Any]:
    at = one["at"]
    if isinstance(at, bool) or not isinstance(at, int):
        raise ValueError("%r is no epoch second" % (at,))
    if one["status"] not in WORST_FIRST:
        raise ValueError("%r is no status" % (one["status"],))
    return {
        "at": at,
        "status": one["status"],
        "scanned": str(one["scanned"]),
        "scanner": str(one["scanner"]),
        "reasons": [str(reason) for reason in one["reasons"]],
        "images": [str(image) for image in one["images"]],
    }
