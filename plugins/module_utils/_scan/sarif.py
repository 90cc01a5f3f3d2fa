# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as SARIF 2.1.0 (OASIS): one run for all images, a rule for each vulnerability, a result for each finding.

A rule tells only what holds wherever the vulnerability is found; package, versions and place are in the message of each result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as AnyMapping
from typing import Any, Dict, List, Mapping, Sequence
from urllib.parse import quote

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import NOT_SCANNED
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import EXCUSED, WAIVED
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TOOL = "imagefleet.docker.scout_scan"
# What has no severity must not pass for harmless.
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "unknown": "warning"}
# Lowest and highest CVSS score of a severity, by the rating scale of CVSS 3 and 4.
BANDS = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
PROPERTIES = ("package", "purl", "installed", "fixed", "severity", "score", "epss", "kev", "layer", "counted")


def sarif(rows: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """The document for `results`."""
    found = [(row, finding) for row in rows for finding in row["findings"]]
    rules = _rules([finding for _row, finding in found])
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    scanners = sorted({row["scanner"] for row in rows if row["scanner"]})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": TOOL, "rules": rules},
                    "extensions": [{"name": plain(one)} for one in scanners],
                },
                "invocations": [_invocation(rows)],
                "columnKind": "unicodeCodePoints",
                "results": [_result(row, finding, index[plain(finding["id"])]) for row, finding in found],
            }
        ],
    }


def _rules(findings: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """By the worst of the findings with that id, since packages may be rated differently."""
    worst: Dict[str, Mapping[str, Any]] = {}
    for finding in findings:
        name = plain(finding["id"])
        if name not in worst or _badness(finding) < _badness(worst[name]):
            worst[name] = finding
    return [_rule(worst[one]) for one in sorted(worst)]


def _badness(finding: Mapping[str, Any]) -> Any:
    """Smallest for the worst; the texts keep the choice independent of the order of images."""
    severity = SEVERITIES.index(finding["severity"])
    return severity, -(finding["score"] or 0), finding["title"] or "~", finding["url"] or "~"


def _rule(finding: Mapping[str, Any]) -> Dict[str, Any]:
    severity = finding["severity"]
    properties: Dict[str, Any] = {"tags": ["security", "vulnerability", severity]}
    if severity in BANDS:
        properties["security-severity"] = _security_severity(severity, finding["score"])
    rule: Dict[str, Any] = {
        "id": plain(finding["id"]),
        "shortDescription": {"text": plain(finding["title"] or finding["id"])},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": properties,
    }
    url = plain(finding["url"] or "", 2000)
    if url.startswith(("https://", "http://")):
        rule["helpUri"] = quote(url, safe="%/:?=&;#@!$'()*+,[]~")
    return rule


def _security_severity(severity: str, score: Any) -> str:
    """The score, where it says the same as the severity: what shows this document rates by it, and the policy by the severity."""
    low, high = BANDS[severity]
    return "%.1f" % (score if score is not None and low <= score <= high else low)


def _result(row: Mapping[str, Any], finding: Mapping[str, Any], rule: int) -> Dict[str, Any]:
    return {
        "ruleId": plain(finding["id"]),
        "ruleIndex": rule,
        "kind": "fail",
        "level": LEVELS[finding["severity"]],
        "message": {"text": _message(row, finding)},
        "locations": _locations(row, finding),
        "partialFingerprints": {"imagefleetFinding/v1": _fingerprint(row, finding)},
        "suppressions": _suppressions(finding),
        "properties": _properties(row, finding),
    }


def _properties(row: Mapping[str, Any], finding: Mapping[str, Any]) -> Dict[str, Any]:
    """What is known of it, unabridged by the limits of the message."""
    told = {
        "image": row["image"],
        "digest": row["digest"],
        "firstSeen": finding["first_seen"],
        **{key: finding[key] for key in PROPERTIES},
    }
    return {key: plain(one, 2000) if isinstance(one, str) else one for key, one in told.items() if one is not None}


def _message(row: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    version = " " + finding["installed"] if finding["installed"] else ""
    mend = "fixed in %s" % finding["fixed"] if finding["fixed"] else "no version has a fix"
    title = "; %s" % finding["title"] if finding["title"] else ""
    words = "%s (%s) in %s%s of %s: %s%s"
    told = (finding["id"], finding["severity"], finding["package"], version, row["image"], mend, title)
    return plain(words % told, 1000)


def _locations(row: Mapping[str, Any], finding: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Paths in the image; readers demand a place, so without one it is the image, and a line, so it is the first."""
    image = {"fullyQualifiedName": plain(row["image"]), "kind": "module"}
    places = [one.lstrip("/") for one in finding["locations"]]
    return [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": quote(plain(place, 2000), safe="/")},
                "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
            },
            "logicalLocations": [image],
        }
        for place in [one for one in places if plain(one)] or [row["image"]]
    ]


def _fingerprint(row: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    """The same after a rebuild: without digest and versions."""
    parts = (row["image"], row.get("platform") or "", finding["id"], finding["package"], finding["location"] or "")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _suppressions(finding: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """An empty list says that it is not suppressed, which no list would leave open."""
    vex, waived = finding["vex"], finding["waived"]
    if finding["part"] == EXCUSED and isinstance(vex, AnyMapping):
        told = "%s says %s%s" % (
            vex["author"],
            vex["status"],
            ": %s" % vex["justification"] if vex["justification"] else "",
        )
    elif finding["part"] == WAIVED and isinstance(waived, AnyMapping):
        told = "waived by %s until %s: %s" % (waived["owner"], waived["expires"], waived["reason"])
    else:
        return []
    return [{"kind": "external", "status": "accepted", "justification": plain(told, 1000)}]


def _invocation(rows: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """An image without results that was not scanned must not look like a clean one."""
    missing = [row for row in rows if row["status"] == NOT_SCANNED]
    return {
        "executionSuccessful": not missing,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": plain("%s was not scanned: %s" % (row["image"], "; ".join(row["reasons"])), 1000)},
            }
            for row in missing
        ],
    }
