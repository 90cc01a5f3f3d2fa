# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as the cleanup returns them, for reports: an ordinary fleet, a hostile one, a large one."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List, Optional

MB = 10**6

SECRETS = (
    "hunter2-in-a-url",
    "s3cr3t-in-an-assignment",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl",
    "bearer-token-in-a-header-0123456789",
)

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(2)</script>",
    "'-alert(3)-'",
    "\x1b[2J\x1b[31mred",
    "\u202egnp.exe",
    "&lt;b&gt; &amp; <b>",
    "javascript:alert(4)",
    "zero\u200bwidth\u2028line",
    "x" * 5000,
)


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def row(
    reference: Optional[str], action: str, size: int, reason: str, rule: Optional[str] = None, **more: Any
) -> Dict[str, Any]:
    low_to_high = {"bytes": size, "bytes_max": more.pop("bytes_max", size)}
    known = {
        "outcome": "planned" if action == "delete" else None,
        "error": None,
        "used_by": [],
        "unused": not more.get("used_by"),
        "arrived": "2026-09-01T08:00:00Z",
        "created": None,
        "last_used": None,
    }
    return {
        "id": digest(str(reference) + reason),
        "reference": reference,
        "action": action,
        "rule": rule,
        "reason": reason,
        **low_to_high,
        **known,
        **more,
    }


def plan() -> List[Dict[str, Any]]:
    return [
        row(
            "registry.corp:5000/shop/api:2026.41",
            "delete",
            412 * MB,
            "unused for 41d (limit 30d), sampled since 2026-10-01",
            "unused for a month",
        ),
        row(
            "registry.corp:5000/shop/web:1.7.2",
            "delete",
            233 * MB,
            "unused for 37d (limit 30d), sampled since 2026-10-01",
            "unused for a month",
        ),
        row(None, "delete", 96 * MB, "untagged, here for 12d (limit 7d)", "untagged"),
        row(
            "python:3.11-slim",
            "delete",
            51 * MB,
            "unused for 33d (limit 30d), sampled since 2026-10-01",
            "unused for a month",
        ),
        row("registry.corp:5000/shop/api:2026.44", "keep", 120 * MB, "newest 2 of 3 kept per repository", "keep[0]"),
        row("registry.corp:5000/shop/worker:9", "keep", 64 * MB, "arrived 4h ago (minimum_age 24h)"),
        row("postgres:16", "keep", 0, "in use: container db (running)", used_by=["container db (running)"]),
        row(
            "registry.corp:5000/shop/api:2026.45",
            "keep",
            0,
            "in use: container api-1 (running)",
            used_by=["container api-1 (running)", "container api-2 (created)"],
        ),
        row(
            "registry.corp:5000/shop/api:prod",
            "keep",
            0,
            "in use: container api-1 (running)",
            used_by=["container api-1 (running)", "container api-2 (created)"],
        ),
    ]


def result(applied: bool = False, store: str = "overlay2", **more: Any) -> Dict[str, Any]:
    rows = plan()
    deletes = [one for one in rows if one["action"] == "delete"]
    total = sum(one["bytes"] for one in deletes)
    if applied:
        for one in deletes:
            one["outcome"] = "done"
    if store == "containerd":
        for one in deletes:
            one["bytes_max"] = one["bytes"] * 5 // 4
    summary = {
        "images": 8,
        "references": len(rows),
        "kept": len(rows) - len(deletes),
        "to_delete": len(deletes),
        "deleted": len(deletes) if applied else 0,
        "gone": 0,
        "refused": 0,
        "deferred": 0,
        "failed": 0,
        "unused": 6,
        "reclaimable_bytes": total,
        "reclaimable_bytes_max": sum(one["bytes_max"] for one in deletes),
        "reclaimed_bytes": total if applied else 0,
        "exact": store == "overlay2",
        "target_unreachable": False,
        "unused_bytes": total + 184 * MB,
    }
    return {
        "changed": applied,
        "plan": rows,
        "plan_digest": digest("plan"),
        "summary": summary,
        "near_misses": [
            {
                "reference": "registry.corp:5000/shop/api:prod",
                "id": rows[8]["id"],
                "peer": "docker image prune -a",
                "needed_by": "one of 2 names of the image of container api-1; prune leaves one, not necessarily this",
            },
            {
                "reference": "registry.corp:5000/shop/api:2026.44",
                "id": rows[4]["id"],
                "peer": "docker image prune -a, age rule by build date",
                "needed_by": "newest 2 of 3 kept per repository",
            },
        ],
        "held": [
            {
                "holder": "containers that exited long ago",
                "bytes": 310 * MB,
                "names": ["migrate-0412 (ended 92d ago)", "import-run (ended 61d ago)"],
                "detail": "remove them (`docker container rm`) and their images can be judged like any other",
            },
            {
                "holder": "build cache",
                "bytes": 45 * MB,
                "names": [],
                "detail": "deleting the images frees these bytes only after `docker builder prune`",
            },
        ],
        "engine": {
            "id": "ENGINE:" + store,
            "name": "web",
            "version": "20.10.24" if store == "overlay2" else "26.1.5",
            "api_version": "1.41",
            "store": store,
            "now": "2026-11-23T09:30:00Z",
            "root": "/var/lib/docker",
        },
        "hold": None,
        "pressure": None,
        "notes": [
            "use has been sampled since 2026-10-01 only; an image that was last used before that counts from then"
        ],
        "diff": {"before": "", "after": ""},
        **more,
    }


def report(inner: Optional[Dict[str, Any]], **more: Any) -> Dict[str, Any]:
    """As the host command writes it."""
    return {
        "schema": 1,
        "command": "cleanup",
        "name": "cleanup",
        "mode": "apply",
        "applied": True,
        "started": "2026-11-23T09:29:50Z",
        "finished": "2026-11-23T09:30:00Z",
        "exit_code": 0,
        "exit_meaning": "done",
        "message": "",
        "policy": {
            "hash": digest("policy"),
            "issued": "2026-11-14T00:00:00Z",
            "valid_until": "2026-12-14T00:00:00Z",
        },
        "result": inner,
        "last_success": "2026-11-23T09:30:00Z",
        **more,
    }


def ordinary(applied: bool = False) -> Dict[str, Dict[str, Any]]:
    """Four hosts, both stores; one held by the brake."""
    held = {"reason": "database migration tonight, ask the shop team", "until": "2026-11-24T06:00:00Z"}
    return {
        "web-1": report(result(applied)),
        "web-2": report(result(applied)),
        "web-3": report(result(applied, "containerd")),
        "db-1": report(result(False, "containerd", hold=held), exit_code=4, message="held: " + held["reason"]),
    }


def hostile() -> Dict[str, Dict[str, Any]]:
    """Every text a host controls is an attack, and secrets are planted where messages carry them."""
    evil = result(applied=True)
    for at, text in enumerate(HOSTILE):
        evil["plan"].append(
            row(text, "delete", 10 + at, text, text, outcome="failed", error=text, used_by=[text, text])
        )
        evil["near_misses"].append({"reference": text, "id": text, "peer": text, "needed_by": text})
        evil["held"].append({"holder": text, "bytes": 7, "names": [text], "detail": text})
        evil["notes"].append(text)
    leaks = (
        "HEAD https://deploy:%s@registry.corp/v2/ failed" % SECRETS[0],
        "container started with DB_PASSWORD=%s" % SECRETS[1],
        "credential %s refused" % SECRETS[2],
        "key %s" % SECRETS[3],
        "cookie %s" % SECRETS[4],
        "Authorization: Bearer %s" % SECRETS[5],
    )
    for leak in leaks:
        evil["notes"].append(leak)
        evil["plan"].append(row("shop/leak:1", "keep", 1, leak))
        evil["plan"].append(row("shop/leak:2", "delete", 1, "unused", "rule", outcome="failed", error=leak))
        evil["held"].append({"holder": "x", "bytes": 1, "names": [leak], "detail": leak})
    evil["engine"] = dict.fromkeys(("id", "name", "version", "store", "now", "root"), HOSTILE[0])
    evil["hold"] = {"reason": HOSTILE[1], "until": HOSTILE[0]}
    evil["plan_digest"] = HOSTILE[2]
    evil["pressure"] = {"state": HOSTILE[0], "unreachable": HOSTILE[1] + leaks[0]}
    evil = report(evil, message=HOSTILE[3] + leaks[1], exit_code=3, policy={"hash": HOSTILE[2], "issued": HOSTILE[0]})
    return {
        HOSTILE[0]: evil,
        HOSTILE[1]: {"failed": True, "msg": HOSTILE[0] + leaks[1]},
        HOSTILE[4]: {"unreachable": True, "msg": HOSTILE[1] + leaks[0]},
    }


def damaged() -> Dict[str, Any]:
    """Results that are not what they should be."""
    return {
        "none": None,
        "text": "no",
        "empty": {},
        "numbers": {
            "plan": [1, None, "x", {}],
            "summary": {"images": "many", "reclaimable_bytes": -5, "exact": "no"},
            "near_misses": "x",
            "held": {"a": 1},
            "notes": "x",
            "engine": [],
            "hold": "x",
        },
    }


def large(hosts: int) -> Dict[str, Dict[str, Any]]:
    return {"node-%04d" % at: result(store="overlay2" if at % 2 else "containerd") for at in range(hosts)}
