# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of registry_garbage_collect, as the module returns them."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    MB,
    SECRETS,
    digest,
)

SUMMARY: Dict[str, Any] = {
    "kept": 182,
    "to_delete": 3,
    "deleted": 0,
    "refused": 0,
    "deferred": 0,
    "failed": 0,
    "reclaimable_bytes": 9 * MB,
    "reclaimed_bytes": 0,
    "used_bytes_before": 400 * MB,
    "used_bytes": 400 * MB,
    "free_bytes": 21000 * MB,
    "size_bytes": 53000 * MB,
    "closed_seconds": None,
    "images_read": 0,
    "bytes_read": 0,
    "requests": 0,
}


def entry(name: str, size: int, outcome: str = "planned", error: Optional[str] = None, **more: Any) -> Dict[str, Any]:
    """One row of a plan; `name` makes its digest."""
    known = {"digest": digest(name), "kind": "blob", "action": "delete", "reason": "no manifest needs it"}
    return {**known, "bytes": size, "outcome": outcome, "error": error, **more}


def result(rows: Sequence[Dict[str, Any]], summary: Optional[Dict[str, Any]] = None, **more: Any) -> Dict[str, Any]:
    return {
        "changed": False,
        "plan": list(rows),
        "plan_digest": digest("plan"),
        "summary": {**SUMMARY, "to_delete": len(rows), **(summary or {})},
        "registry": {
            "name": "registry.example.com",
            "service": "docker-registry.service",
            "version": "2.8",
            "storage_path": "/var/lib/docker-registry",
        },
        "hold": None,
        "problems": [],
        "notes": [],
        **more,
    }


def planned() -> Dict[str, Any]:
    rows = [
        entry("layer", 8 * MB),
        entry("manifest", 500, kind="manifest", reason="deleted from shop/web on 2026-11-01T02:00:00Z"),
        entry("config", MB),
    ]
    return result(rows, notes=["2 pieces of content that manifests name were not there before"])


def done() -> Dict[str, Any]:
    figures = {"deleted": 3, "reclaimed_bytes": 9 * MB, "used_bytes": 391 * MB, "closed_seconds": 3.42, "requests": 74}
    rows = [{**row, "outcome": "done"} for row in planned()["plan"]]
    return result(rows, {**figures, "images_read": 10, "bytes_read": 44 * MB}, changed=True)


def failed() -> Dict[str, Any]:
    why = "garbage-collect failed, or took longer than 3600 seconds (collect_timeout): no such device"
    rows = [entry("layer", 8 * MB, "done"), entry("config", MB, "failed", why)]
    figures = {"deleted": 1, "failed": 1, "reclaimed_bytes": 8 * MB, "closed_seconds": 3600.0, "requests": 40}
    return result(rows, figures, problems=[why, "app:1: manifest is not there"], changed=True)


def hostile() -> Dict[str, Any]:
    """Names and reasons that attack terminals and pages, and secrets where none belong."""
    rows = [entry(text, 1, text, text, reason=text) for text in HOSTILE]
    rows += [entry(secret, 1, "failed", "password=%s" % secret) for secret in SECRETS[:2]]
    return result(
        rows,
        {"closed_seconds": 1.0},
        registry={"name": HOSTILE[0], "service": HOSTILE[1], "version": "2.8", "storage_path": HOSTILE[4]},
        problems=[*HOSTILE, *("token: %s" % secret for secret in SECRETS)],
        notes=[*HOSTILE, *("token: %s" % secret for secret in SECRETS)],
    )
