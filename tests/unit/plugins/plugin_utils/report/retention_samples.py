# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of registry_retention, as the module returns them."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    MB,
    SECRETS,
    digest,
)

SUMMARY: Dict[str, Any] = {
    "repositories": 2,
    "kept": 2,
    "to_delete": 4,
    "deleted": 0,
    "gone": 0,
    "pending": 0,
    "deferred": 0,
    "refused": 0,
    "failed": 0,
    "restored": 0,
    "requests": 341,
    "reclaimable_bytes": 12 * MB,
    "reclaimed_bytes": 0,
    "exact": True,
}


def entry(
    repository: str, tag: Optional[str], name: str, action: str = "delete", kind: str = "tag", **more: Any
) -> Dict[str, Any]:
    """One row of a plan; `name` makes its digest."""
    going = action == "delete"
    return {
        "repository": repository,
        "tag": tag,
        "digest": digest(name),
        "kind": kind,
        "action": action,
        "rule": "old builds" if going else None,
        "reason": "unused; arrived 41d ago (limit 30d)" if going else "in use: in use by web-1 and 3 more hosts",
        "kept_by": None if going else "use",
        "bytes": 4 * MB if going else None,
        "outcome": "planned" if going else None,
        "error": None,
        "goes_with": digest(name) if going else None,
        "used_by": [] if going else ["in use by web-1 and 3 more hosts"],
        "arrived": "2026-10-01T03:12:45Z",
        "created": "2026-09-30T18:02:11Z",
        **more,
    }


def result(rows: Sequence[Dict[str, Any]], **more: Any) -> Dict[str, Any]:
    return {
        "plan": list(rows),
        "plan_digest": digest("plan"),
        "summary": SUMMARY,
        "registry": {"name": "registry.example.com", "now": "2026-11-23T02:00:00Z", "tag_delete": False},
        "ledger_problem": None,
        "clocks_distrusted": None,
        "hold": None,
        "run_id": None,
        "notes": [],
        **more,
    }


def ordinary() -> Dict[str, Any]:
    """An image with a second tag, a part and a signature; one that the fleet uses."""
    return result(
        [
            entry("shop/web", "sha256-%s.sig" % digest("web")[7:], "sig", kind="attachment", goes_with=digest("web")),
            entry("shop/web", "1.4.2", "web"),
            entry("shop/web", "1.4", "web", bytes=0, reason="follows 1.4.2, which goes"),
            entry("shop/web", None, "arm64", kind="part", goes_with=digest("web")),
            entry("shop/web", "1.5.0", "new", action="keep"),
            entry(
                "shop/web", "1.6.0", "newer", action="keep", kept_by="rule", reason="kept by rule newest", used_by=[]
            ),
        ],
        notes=["not all repositories were read"],
        run_id="20261123T020000Z-1a2b3c4d",
    )


def hostile() -> Dict[str, Any]:
    """Names and reasons that attack terminals and pages, and secrets where none belong."""
    rows = [entry(text, text, text, reason=text, rule=text, outcome=text, error=text) for text in HOSTILE] + [
        entry("shop/web", text[:100], text, action="keep", used_by=[text]) for text in HOSTILE
    ]
    rows += [entry("shop/web", "1", secret, reason="password=%s" % secret) for secret in SECRETS[:2]]
    return result(rows, notes=[*HOSTILE, *("token: %s" % secret for secret in SECRETS)])
