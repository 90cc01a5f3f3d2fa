# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of registry_sync and registry_drift_info, as the modules return them."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    MB,
    SECRETS,
    digest,
)

STATUSES = ("missing", "different", "missing_platform", "missing_signature", "extra", "unknown")
SINCE = "2026-11-22T08:00:00Z"


def entry(region: str, tag: Optional[str], status: str, repository: str = "shop/web", **more: Any) -> Dict[str, Any]:
    """One difference."""
    known = {"region": region, "repository": repository, "tag": tag, "status": status, "reason": "why it is " + status}
    return {**known, "digest": digest("new"), "held": None, "since": SINCE, "runs": 1, **more}


def drift(
    entries: Sequence[Dict[str, Any]], regions: Sequence[str] = ("eu", "us", "ap"), **more: Any
) -> Dict[str, Any]:
    """A check of regions with 100 tags each."""
    figures = []
    for region in regions:
        own = [one for one in entries if one["region"] == region]
        counts = {status: sum(one["status"] == status for one in own) for status in STATUSES}
        different = sum(one["status"] not in ("extra", "unknown") for one in own)
        unread = any(one["status"] == "unknown" for one in own)
        tags = 0 if unread else 100
        figures.append({"region": region, "tags": tags, "equal": tags and tags - different, **counts})
    summed = {key: sum(one[key] for one in figures) for key in ("tags", "equal", *STATUSES)}
    return {
        "changed": False,
        "drift": list(entries),
        "regions": figures,
        "summary": {**summed, "requests": 402},
        "problems": [],
        **more,
    }


def lagging() -> Dict[str, Any]:
    """One region behind, one that does not answer, one that is equal but for a tag of its own."""
    return drift(
        [
            entry("ap", None, "unknown", reason="no answer from ap.registry.example.com"),
            entry("eu", "own", "extra"),
            entry("us", "2.1.0", "missing", runs=3),
            entry("us", "latest", "different", since="2026-11-23T08:00:00Z", held=digest("old")),
            entry("us", "2.0.0", "missing_platform"),
            entry("us", "1.9.0", "missing_signature"),
        ],
        problems=["region ap: no answer from ap.registry.example.com"],
    )


def equal() -> Dict[str, Any]:
    return drift([])


def row(region: str, tag: str, outcome: str = "done", error: Optional[str] = None, **more: Any) -> Dict[str, Any]:
    """One row of a plan."""
    known = {"region": region, "repository": "shop/web", "tag": tag, "digest": digest(tag), "previous": None}
    told = {"action": "copy", "reason": "missing", "floating": False, "source": "shop/web", "origin": digest(tag)}
    return {**known, **told, "outcome": outcome, "error": error, **more}


def sync(rows: Sequence[Dict[str, Any]], **more: Any) -> Dict[str, Any]:
    counts = {
        word: sum(one["outcome"] == key and one["action"] != "remove" for one in rows) for word, key in RESULTS.items()
    }
    return {
        "changed": bool(counts["copied"]),
        "plan": list(rows),
        "plan_digest": digest("plan"),
        "previous_digests": [],
        "summary": {
            "tags": 300,
            "unchanged": 300 - len(rows),
            "removed": sum(one["action"] == "remove" and one["outcome"] == "done" for one in rows),
            **counts,
            "kept_back_by_scan": sum((one["error"] or "").startswith("scan gate: ") for one in rows),
            "requests": 421,
            "source_requests": 107,
            "bytes": 31 * MB,
            "bytes_sent": 94 * MB,
            "blobs": 6,
            "mounted": 0,
        },
        "problems": [],
        "notes": [],
        **more,
    }


RESULTS = {"copied": "done", "deferred": "deferred", "failed": "failed"}


def brought() -> Dict[str, Any]:
    return sync([row("eu", "2.1.0"), row("us", "2.1.0"), row("ap", "2.1.0")])


def partly() -> Dict[str, Any]:
    """One region failed, so that a floating tag waits everywhere."""
    why = "it moves when every region holds it; missing in ap"
    return sync(
        [
            row("us", "1.0.0", "deferred", action="hold", reason="it may go from 2026-11-24T08:00:00Z on"),
            row("eu", "2.1.0"),
            row("eu", "latest", "deferred", why, floating=True),
            row("ap", "2.1.0", "failed", "no answer from ap.registry.example.com"),
        ],
        problems=["region ap: no answer"],
    )


def gated() -> Dict[str, Any]:
    """One tag came, one waits for a scan."""
    why = "scan gate: %s was never scanned; scan it with scout_scan" % digest("2.2.0")
    return sync([row("eu", "2.1.0"), row("eu", "2.2.0", "deferred", why, action="hold")])


def hostile() -> Dict[str, Any]:
    """Names and reasons that attack terminals and pages, and secrets where none belong."""
    told = [*HOSTILE, *("token: %s" % secret for secret in SECRETS)]
    differences = [entry(text, text, "different", text, reason=text, since=text) for text in told]
    rows = [row(text, text, "failed", text, repository=text, reason=text) for text in told]
    return {
        "drift": drift(differences, told, problems=told),
        "sync": sync(rows, problems=told, notes=told),
    }
