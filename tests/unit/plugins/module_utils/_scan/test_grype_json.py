# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""grype's JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.grype_json import read_grype
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity

SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "scanners" / "grype"


def sample(name: str) -> Scanned:
    return read_grype((SAMPLES / name).read_text(), name)


def match(related: Any = None, artifact: Any = None, **changes: Any) -> Dict[str, Any]:
    told = {"id": "GHSA-1", "severity": "High", "fix": {"state": "fixed", "versions": ["2"]}, **changes}
    return {
        "vulnerability": {name: value for name, value in told.items() if value is not None},
        "relatedVulnerabilities": related or [],
        "artifact": {"name": "left", "version": "1", **(artifact or {})},
    }


def report(*matches: Dict[str, Any], version: str = "0.93.0", **more: Any) -> str:
    return json.dumps({"matches": list(matches), "descriptor": {"name": "grype", "version": version}, **more})


def read(*matches: Dict[str, Any], **more: Any) -> Scanned:
    return read_grype(report(*matches, **more), "a.json")


def test_nothing_found_proves_nothing() -> None:
    assert sample("clean.json") == Scanned(
        image=Identity(("sha256:" + "a" * 64,), ("sha256:" + "d" * 64, "sha256:" + "f" * 64), "linux/amd64"),
        system="debian 12",
        scanner="grype 0.93.0",
        database="2026-01-31T04:11:46Z",
    )


def test_every_field() -> None:
    found = sample("findings.json")
    assert [(one.id, one.package, one.installed, one.fixed, one.severity, one.score) for one in found.findings] == [
        ("CVE-2021-44228", "org.apache.logging.log4j:log4j-core", "2.14.1", "2.15.0", "critical", 10.0),
        ("CVE-2024-1001", "libssl3", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", "critical", 9.8),
        ("CVE-2024-1002", "@example/common", "10.4.22", "10.4.23, 11.0.16", "high", 8.7),
        ("CVE-2023-1003", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "low", 9.8),
        ("CVE-2024-1004", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "unknown", None),
    ]
    log4j, openssl, common = found.findings[:3]
    assert (log4j.aliases, log4j.kev) == (("GHSA-dddd-eeee-ffff",), True)
    # Only the related CVE has it.
    assert (log4j.epss, log4j.sources["epss"]) == (0.94358, "relatedVulnerabilities.epss")
    assert (openssl.aliases, openssl.kev, openssl.epss) == ((), False, 0.01396)
    assert openssl.layer == "sha256:" + "b" * 64
    assert openssl.locations == ("/usr/share/doc/libssl3/copyright", "/var/lib/dpkg/status")
    assert (common.aliases, common.epss_percentile) == (("GHSA-aaaa-bbbb-cccc",), 0.37043)


def test_one_vulnerability_in_two_packages() -> None:
    found = sample("several-packages-per-vulnerability.json")
    assert [(one.package, one.fixed, one.severity) for one in found.findings] == [
        ("libnghttp2-14", "1.52.0-1+deb12u1", "high"),
        ("nginx", None, "medium"),
    ]
    assert (found.database, found.notes) == ("2024-11-01T01:31:17Z", ())


def test_what_its_own_rules_hide_is_noted_and_not_found() -> None:
    found = sample("ignored-by-own-rules.json")
    assert "CVE-2024-1001" not in [one.id for one in found.findings]
    assert "grype left out by its own ignore rules: 1 matches (ignoredMatches)" in found.notes


def test_causes_of_ignored_matches() -> None:
    def ignored(*rules: Dict[str, Any]) -> Dict[str, Any]:
        return {**match(), "appliedIgnoreRules": list(rules)}

    found = read(
        ignoredMatches=[
            ignored({"vulnerability": "", "fix-state": "not-fixed"}),
            ignored({"vulnerability": "", "fix-state": "unknown"}),
            ignored({"vex-status": "not_affected"}),
            ignored({"package": {"name": "linux-headers"}}),
            ignored(),
        ]
    )
    assert found.notes == (
        "grype left out by VEX documents: 1 matches (ignoredMatches)",
        "grype left out by an option on fix states: 2 matches (ignoredMatches)",
        "grype left out by its own ignore rules: 2 matches (ignoredMatches)",
    )


def related(*names: str) -> List[Dict[str, Any]]:
    return [{"id": name} for name in names]


@pytest.mark.parametrize(
    ("own", "others", "name", "aliases"),
    [
        ("CVE-1", (), "CVE-1", ()),
        ("CVE-1", ("CVE-1",), "CVE-1", ()),
        ("CVE-1", ("GHSA-1", "CVE-1"), "CVE-1", ("GHSA-1",)),
        ("GHSA-1", (), "GHSA-1", ()),
        ("GHSA-1", ("CVE-1",), "CVE-1", ("GHSA-1",)),
        ("GHSA-1", ("CVE-1", "CVE-1"), "CVE-1", ("GHSA-1",)),
        ("ELSA-2024-1", ("CVE-2", "CVE-1"), "ELSA-2024-1", ("CVE-1", "CVE-2")),
    ],
)
def test_names(own: str, others: Tuple[str, ...], name: str, aliases: Tuple[str, ...]) -> None:
    (one,) = read(match(id=own, related=related(*others))).findings
    assert (one.id, one.aliases) == (name, aliases)


@pytest.mark.parametrize(
    ("fix", "fixed"),
    [
        ({"state": "fixed", "versions": ["2", "3"]}, "2, 3"),
        ({"state": "fixed", "versions": []}, None),
        ({"state": "not-fixed", "versions": []}, None),
        ({"state": "wont-fix", "versions": ["2"]}, None),
        ({"state": "unknown", "versions": ["2"]}, "2"),
        ({"state": "", "versions": None}, None),
        (None, None),
    ],
)
def test_fixes(fix: Any, fixed: Optional[str]) -> None:
    assert read(match(fix=fix)).findings[0].fixed == fixed


def cvss(version: str, score: float, **more: Any) -> Dict[str, Any]:
    return {"version": version, "vector": "v" + version, "metrics": {"baseScore": score}, **more}


SECOND = {"type": "Secondary"}


@pytest.mark.parametrize(
    ("own", "other", "chosen"),
    [
        ([cvss("3.1", 7.5), cvss("4.0", 8.7)], [cvss("3.1", 9.8)], (8.7, "v4.0")),
        ([cvss("3.1", 7.5, type="Primary"), cvss("4.0", 8.7, **SECOND)], [], (7.5, "v3.1")),
        ([cvss("2.0", 5.0)], [cvss("3.1", 9.8)], (9.8, "v3.1")),
        ([cvss("2.0", 5.0)], [cvss("2.0", 6.0)], (5.0, "v2.0")),
        ([], [cvss("3.0", 9.8), cvss("3.1", 9.1)], (9.1, "v3.1")),
        ([], [], (None, None)),
    ],
)
def test_which_rating_counts(own: Any, other: Any, chosen: Tuple[Optional[float], Optional[str]]) -> None:
    (one,) = read(match(cvss=own, related=[{"id": "CVE-1", "cvss": other}])).findings
    assert (one.score, one.vector) == chosen


@pytest.mark.parametrize(
    ("version", "listed", "kev"),
    [
        ("0.93.0", None, False),
        ("v1.0.0", None, False),
        ("0.88.0", None, False),
        ("0.87.0", None, None),
        ("[not provided]", None, None),
        ("0.80.0", [{"cve": "CVE-1"}], True),
        ("0.93.0", [], False),
    ],
)
def test_known_to_be_exploited(version: str, listed: Any, kev: Optional[bool]) -> None:
    assert read(match(knownExploited=listed), version=version).findings[0].kev is kev
    on_related = match(related=[{"id": "CVE-1", "knownExploited": listed}])
    assert read(on_related, version=version).findings[0].kev is kev


def test_epss_of_this_cve_counts_before_a_higher_one() -> None:
    told = [{"cve": "CVE-2", "epss": 0.9, "percentile": 0.99}, {"cve": "CVE-1", "epss": 0.1, "percentile": 0.5}]
    assert read(match(id="CVE-1", epss=told)).findings[0].epss == 0.1
    assert read(match(id="GHSA-1", epss=told)).findings[0].epss == 0.9


@pytest.mark.parametrize(
    ("source", "digests"),
    [
        (None, 0),
        ({"type": "directory", "target": "/srv"}, 0),
        ({"type": "image", "target": {"imageID": "sha256:" + "a" * 64, "repoDigests": []}}, 1),
        ({"type": "image", "target": {"imageID": "", "manifestDigest": "", "repoDigests": ["a@sha256:short"]}}, 0),
    ],
)
def test_sources_that_are_no_image(source: Any, digests: int) -> None:
    assert len(read(source=source).image.digests) == digests


@pytest.mark.parametrize(
    ("database", "built"),
    [
        ({"status": {"valid": True, "error": "", "built": "2026-01-31T04:11:46Z"}}, "2026-01-31T04:11:46Z"),
        ({"built": "2024-11-01T01:31:17Z", "error": None}, "2024-11-01T01:31:17Z"),
        ({"status": {"valid": True}}, None),
        (None, None),
    ],
)
def test_the_time_of_the_database_is_told(database: Any, built: Optional[str]) -> None:
    assert read(descriptor={"name": "grype", "db": database}).database == built


@pytest.mark.parametrize(
    ("database", "why"),
    [
        ({"error": "checksum"}, "says nothing: checksum"),
        ({"status": {"valid": False}}, "says nothing: it does not say why"),
    ],
)
def test_what_a_database_that_is_not_valid_finds_says_nothing(database: Any, why: str) -> None:
    with pytest.raises(ToolError, match=why):
        read(descriptor={"name": "grype", "db": database})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.json is empty"),
        ("1 error occurred: failed to load vulnerability db", "a.json: line 1, column 3: Extra data. This is no JSON document"),
        (report(match())[:-40], "a.json: line 1, column "),
        ("{}", "a.json: descriptor is missing"),
        (json.dumps({"descriptor": {"name": "syft"}}), "a.json: descriptor.name is 'syft', a document of grype is needed"),
        (json.dumps({"descriptor": {"name": "grype"}}), "a.json: matches is missing"),
        (report(matches=None), "a.json: matches is missing"),
        (report(matches={}), "a.json: matches is an object, a list is needed"),
        (report(match(), {}), "a.json: matches[1].vulnerability is missing"),
        (report(match(id=None)), "a.json: matches[0].vulnerability.id is missing"),
        (report(match(severity="Severe")), "a.json: matches[0].vulnerability.severity: the severity is 'Severe', known are critical"),
        (report(match(severity=3)), "a.json: matches[0].vulnerability.severity is 3, a text is needed"),
        (report(match(artifact={"name": None})), "a.json: matches[0].artifact.name is missing"),
        (report(match(artifact={"locations": [{}]})), "a.json: matches[0].artifact.locations[0].path is missing"),
        (report(match(cvss=[cvss("3.1", 99)])), "matches[0].vulnerability.cvss[0].metrics.baseScore is 99, a number from 0 to 10"),
        (report(match(cvss=[cvss("new", 9)])), "matches[0].vulnerability.cvss[0].version is 'new', a version of CVSS is needed"),
        (report(match(epss=[{"epss": 1.5, "percentile": 0}])), "matches[0].vulnerability.epss[0].epss is 1.5, a number from 0 to 1"),
        (report(match(related=[{}])), "matches[0].relatedVulnerabilities[0].id is missing"),
        (report(match(), ignoredMatches=3), "a.json: ignoredMatches is 3, a list is needed"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_grype(text: str, told: str) -> None:
    with pytest.raises(ToolError, match=re.escape(told)) as caught:
        read_grype(text, "a.json")
    assert str(caught.value).startswith("a.json")
