# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of scout_scan as fleet_report takes them."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)

SEEN = "2026-11-10T04:00:00Z"


def finding(id: str, package: str, severity: str, **more: Any) -> Dict[str, Any]:
    known = {
        "id": id,
        "package": package,
        "purl": "pkg:deb/debian/%s@1.0" % package,
        "installed": "1.0",
        "fixed": "1.1",
        "severity": severity,
        "score": None,
        "vector": None,
        "epss": None,
        "epss_percentile": None,
        "kev": None,
        "title": None,
        "url": None,
        "aliases": [],
        "sources": {},
        "location": None,
        "locations": [],
        "layer": None,
        "first_seen": SEEN,
        "change": "still",
        "waived": None,
        "vex": None,
        "counted": True,
        "part": "counted",
        "why": "counts: the policy limits %s to 0" % severity,
    }
    return {**known, **more}


def image(name: str, status: str = "passed", findings: Sequence[Dict[str, Any]] = (), **more: Any) -> Dict[str, Any]:
    counted = [one["severity"] for one in findings if one["counted"]]
    parts = [one["part"] for one in findings]
    known = {
        "image": "registry.example.com/" + name,
        "references": ["registry.example.com/" + name],
        "digest": digest(name),
        "platform": None,
        "hosts": ["web-1"],
        "status": status,
        "reasons": ["0 critical count, 0 are allowed"],
        "notes": [],
        "counts": {
            **{one: counted.count(one) for one in ("critical", "high", "medium", "low", "unknown")},
            "fixable": len(counted),
            **{one: parts.count(one) for one in ("waived", "excused", "in_grace", "without_fix")},
        },
        "left_out": 0,
        "packages": 112,
        "scanner": "trivy 0.58.1",
        "system": "debian 12.8",
        "changes": {"since": SEEN, "new": 0, "still": len(findings), "gone": 0},
        "gone": [],
        "findings": list(findings),
    }
    return {**known, **more}


def waiver(id: str, owner: str, expires: str, **more: Any) -> Dict[str, Any]:
    known = {"id": id, "package": None, "images": [], "owner": owner, "reason": "not reachable", "expires": expires}
    return {**known, "where": "waivers[0]", **more}


def result(*images: Dict[str, Any], **summary: Any) -> Dict[str, Any]:
    statuses = [one["status"] for one in images]
    told = {
        "images": len(images),
        **{one: statuses.count(one) for one in ("passed", "failed", "not_scanned")},
        "findings": sum(len(one["findings"]) for one in images),
        "counted": sum(each["counted"] for one in images for each in one["findings"]),
        "new": 0,
        "gone": 0,
        "waivers_expired": [],
        "waivers_expiring": [],
        "waivers_unused": [],
        "scanners": ["trivy 0.58.1"],
        "notes": [],
        "reports_changed": 0,
    }
    return {"changed": False, "results": list(images), "summary": {**told, **summary}, "reports": [], "notes": []}


def clean() -> Dict[str, Any]:
    return result(image("shop/web:2.1.0", hosts=["web-1", "web-2"]), image("shop/api:1.4.0", hosts=["web-1"]))


def troubled() -> Dict[str, Any]:
    """One image failed badly, one a little, one could not be scanned, and two passed."""
    excused = {"status": "not_affected", "justification": "vulnerable_code_not_present", "author": "team-shop"}
    waived = {"owner": "team-shop", "reason": "not reachable", "expires": "2026-12-01"}
    web = [
        finding(
            "CVE-2026-1000",
            "openssl",
            "critical",
            score=9.8,
            epss=0.941,
            kev=True,
            change="new",
            title="openssl: use after free",
            why="counts: CVE-2026-1000 in openssl 1.0 is 13d old, 7d are allowed",
        ),
        finding("CVE-2026-1001", "zlib1g", "high", fixed=None, score=7.5),
        finding(
            "CVE-2026-1002", "bash", "high", counted=False, part="waived", waived=waived, why="does not count: waived"
        ),
        finding("CVE-2026-1003", "perl", "high", counted=False, part="excused", vex=excused, why="does not count: VEX"),
        finding("CVE-2026-1004", "tar", "low", counted=False, part="in_grace", why="does not count yet: in grace"),
    ]
    api = [finding("CVE-2026-1001", "zlib1g", "high", score=7.5)]
    return result(
        image("shop/api:1.4.0", "failed", api, reasons=["1 high count, 0 are allowed: CVE-2026-1001 in zlib1g 1.0"]),
        image("shop/base:12", hosts=[]),
        image(
            "shop/job:7",
            "not_scanned",
            hosts=["db-1"],
            scanner="",
            system=None,
            reasons=["trivy 0.58.1 did not end within 10m"],
        ),
        image("shop/mail:3", hosts=["db-1"]),
        image(
            "shop/web:2.1.0",
            "failed",
            web,
            hosts=["web-1", "web-2", "web-3", "web-4"],
            references=["registry.example.com/shop/web:2.1.0", "registry.example.com/shop/web:latest"],
            reasons=["1 critical count, 0 are allowed: CVE-2026-1000 in openssl 1.0", "1 high count, 0 are allowed"],
            gone=[{"id": "CVE-2026-0900", "package": "curl", "severity": "medium"}],
        ),
        new=1,
        gone=1,
        waivers_expired=[waiver("CVE-2026-0800", "team-mail", "2026-11-20", package="libxml2")],
        waivers_expiring=[waiver("CVE-2026-1002", "team-shop", "2026-12-01", images=["shop/*"])],
        waivers_unused=[waiver("CVE-2025-0001", "team-old", "2027-02-01")],
    )


def nothing() -> Dict[str, Any]:
    """A scan that asked about no image."""
    return result()


def scheduled(told: Optional[Dict[str, Any]], code: int = 0, message: str = "") -> Dict[str, Any]:
    """A report of the host command."""
    document = {"schema": 1, "command": "scan", "exit_code": code, "message": message, "result": told}
    return {**document, "finished": "2026-11-23T04:10:00Z"}


def hostile() -> Dict[str, Any]:
    """Names and reasons that attack terminals and pages, and secrets where none belong."""
    told = [*HOSTILE, *("token: %s" % secret for secret in SECRETS)]
    images = []
    for text in told:
        found = [
            finding(
                text, text, "critical", installed=text, fixed=text, title=text, why=text, first_seen=text, change="new"
            ),
            finding(text, text, text, counted=False, part=text, why=text, waived={"owner": text}),
        ]
        gone = [{"id": text, "package": text, "severity": text}]
        more = {"hosts": [text], "reasons": [text], "notes": [text], "gone": gone, "scanner": text, "system": text}
        for status in ("failed", "not_scanned", "passed", text):
            images.append(
                image("x", status, found, image=text, references=[text, "y"], digest=text, platform=text, **more)
            )
    waivers = [waiver(text, text, text, package=text, images=[text], reason=text) for text in told]
    return {
        **result(*images, waivers_expired=waivers, waivers_expiring=waivers, waivers_unused=waivers, notes=told),
        "failed": True,
        "msg": HOSTILE[0] + " token: " + SECRETS[0],
    }


def damaged() -> Dict[str, Any]:
    """Of every part something that is none."""
    wrong = (None, 7, "text", True, [], {}, [None], {"a": None}, float("nan"))
    images = [dict.fromkeys(image("x", "passed", [finding("a", "b", "low")]), one) for one in wrong]
    findings = [dict.fromkeys(finding("a", "b", "low"), one) for one in wrong]
    parts = {"findings": findings, "gone": list(wrong), "counts": dict.fromkeys("ab", "x")}
    whole = [{**image("shop/whole:1", "failed"), **parts}]
    broken: Dict[str, Any] = result()
    broken["results"] = [*images, *wrong, *whole]
    broken["summary"] = dict.fromkeys(broken["summary"], list(wrong))
    return broken
