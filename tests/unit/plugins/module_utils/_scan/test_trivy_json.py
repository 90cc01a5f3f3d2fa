# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""trivy's JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.trivy_json import read_trivy

SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "scanners" / "trivy"


def sample(name: str) -> Scanned:
    return read_trivy((SAMPLES / name).read_text(), name)


def vulnerability(**changes: Any) -> Dict[str, Any]:
    told = {"VulnerabilityID": "CVE-1", "PkgName": "left", "InstalledVersion": "1", "Severity": "HIGH", **changes}
    return {name: value for name, value in told.items() if value is not None}


def report(*results: Dict[str, Any], **more: Any) -> str:
    return json.dumps({"SchemaVersion": 2, "Results": [{"Target": "t", **result} for result in results], **more})


def read(*vulnerabilities: Dict[str, Any], **more: Any) -> Scanned:
    return read_trivy(report({"Class": "lang-pkgs", "Vulnerabilities": list(vulnerabilities)}, **more), "a.json")


def test_clean() -> None:
    assert sample("clean.json") == Scanned(
        packages=3,
        image=Identity(("sha256:" + "a" * 64,), ("sha256:" + "d" * 64,), "linux/amd64"),
        system="debian 12.5",
        scanner="trivy",
    )


SYSTEM = {"OS": {"Family": "debian", "Name": "12.5"}}
OF_SYSTEM = {"Class": "os-pkgs", "Packages": [{"Name": "zlib1g"}]}
OF_LANGUAGE = {"Class": "lang-pkgs", "Packages": [{"Name": "left"}]}


@pytest.mark.parametrize(
    ("results", "metadata", "gaps"),
    [
        ([OF_SYSTEM, OF_LANGUAGE], SYSTEM, 0),
        ([OF_SYSTEM], SYSTEM, 0),
        # Nothing tells of a system: a program alone in its image.
        ([OF_LANGUAGE], {}, 0),
        ([OF_LANGUAGE], SYSTEM, 1),
        ([{"Class": "os-pkgs", "Packages": []}, OF_LANGUAGE], SYSTEM, 1),
        ([{"Class": "os-pkgs"}, OF_LANGUAGE], SYSTEM, 1),
    ],
)
def test_a_system_without_its_packages_was_not_read(results: Any, metadata: Any, gaps: int) -> None:
    found = read_trivy(report(*results, Metadata=metadata), "a.json")
    assert len(found.gaps) == gaps
    assert all("the system is debian 12.5 and lists none of its packages" in one for one in found.gaps)


def test_every_field() -> None:
    found = sample("findings.json")
    assert found.packages == 4
    assert [(one.id, one.package, one.installed, one.fixed, one.severity, one.score) for one in found.findings] == [
        ("CVE-2024-1001", "libssl3", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", "critical", 9.8),
        ("CVE-2024-1002", "@example/common", "10.4.22", "11.0.16, 10.4.23", "high", 8.7),
        ("CVE-2023-1003", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "low", 9.8),
        ("CVE-2024-1004", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "unknown", None),
    ]
    openssl, common = found.findings[:2]
    assert openssl.aliases == ("DSA-5700-1",)
    assert openssl.layer == "sha256:" + "b" * 64
    assert openssl.locations == ()
    assert openssl.title == "openssl: out-of-bounds write"
    assert openssl.url == "https://avd.aquasec.com/nvd/cve-2024-1001"
    assert common.locations == (
        "/app/node_modules/@example/common/package.json",
        "/srv/web/node_modules/@example/common/package.json",
    )
    assert common.vector is not None and common.vector.startswith("CVSS:4.0/")
    assert common.sources["score"] == common.sources["vector"] == "CVSS.ghsa"
    assert found.findings[2].sources["fixed"] == "FixedVersion, Status will_not_fix"
    assert all(one.kev is None and one.epss is None for one in found.findings)


def test_a_system_without_support_is_noted() -> None:
    found = sample("end-of-life.json")
    assert found.notes == ("alpine 3.11.7 gets no more updates from its makers: trivy may know of no fixes",)
    assert found.findings[0].score == 5.0


@pytest.mark.parametrize(
    ("results", "packages"),
    [
        (None, 0),
        ([], 0),
        ([{"Class": "secret"}], 0),
        ([{"Class": "os-pkgs"}], None),
        ([{"Class": "lang-pkgs", "Vulnerabilities": [vulnerability()]}], None),
        ([{"Vulnerabilities": [vulnerability()]}], None),
        ([{}], None),
        ([{"Class": "os-pkgs", "Packages": []}], 0),
        ([{"Class": "os-pkgs"}, {"Class": "lang-pkgs", "Packages": [{}, {}]}], 2),
    ],
)
def test_packages_are_counted_or_unknown(results: Any, packages: Optional[int]) -> None:
    document: Dict[str, Any] = {"SchemaVersion": 2}
    if results is not None:
        document["Results"] = [{"Target": "t", **result} for result in results]
    assert read_trivy(json.dumps(document), "a.json").packages == packages


V4 = {"V40Score": 8.7, "V40Vector": "four"}
V3 = {"V3Score": 7.5, "V3Vector": "three"}
V2 = {"V2Score": 5.0, "V2Vector": "two"}


@pytest.mark.parametrize(
    ("cvss", "source", "chosen"),
    [
        ({"nvd": V3, "ghsa": V4}, "ghsa", (8.7, "four")),
        ({"nvd": V3, "ghsa": V4}, "nvd", (7.5, "three")),
        ({"nvd": V3, "ghsa": V4}, "debian", (7.5, "three")),
        ({"nvd": {**V2, **V3, **V4}}, None, (8.7, "four")),
        ({"nvd": V2, "redhat": V3}, "nvd", (7.5, "three")),
        ({"nvd": V2}, "redhat", (5.0, "two")),
        ({"redhat": V3, "ghsa": V4}, None, (8.7, "four")),
        ({"nvd": {"V3Vector": "three"}, "redhat": V3}, "nvd", (7.5, "three")),
        ({"nvd": {"V3Vector": "three"}}, "nvd", (None, "three")),
        ({"nvd": {}}, "nvd", (None, None)),
        ({}, "nvd", (None, None)),
        (None, "nvd", (None, None)),
    ],
)
def test_which_rating_counts(cvss: Any, source: Optional[str], chosen: Tuple[Optional[float], Optional[str]]) -> None:
    (one,) = read(vulnerability(CVSS=cvss, SeveritySource=source)).findings
    assert (one.score, one.vector) == chosen


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"Severity": None}, "severity", "unknown"),
        ({"Severity": "UNKNOWN"}, "severity", "unknown"),
        ({"FixedVersion": ""}, "fixed", None),
        ({"Status": "end_of_life"}, "fixed", None),
        ({"PkgIdentifier": {"PURL": "pkg:maven/org.example/text@1"}, "PkgName": None}, "package", "org.example:text"),
        ({"PkgIdentifier": {"PURL": "no url"}}, "package", "left"),
        ({"PkgIdentifier": {}}, "purl", None),
        ({"PkgPath": "app/left"}, "locations", ("/app/left",)),
        ({}, "locations", ("/t",)),
        ({"Layer": {"Digest": "sha256:x"}}, "layer", None),
    ],
)
def test_a_vulnerability(changes: Dict[str, Any], field: str, value: Any) -> None:
    (one,) = read(vulnerability(**changes)).findings
    assert getattr(one, field) == value


def test_what_its_own_rules_hide_is_noted() -> None:
    text = report(
        {"ExperimentalModifiedFindings": [{"Type": "vulnerability", "Status": "ignored", "Finding": vulnerability()}]}
    )
    found = read_trivy(text, "a.json")
    assert found.findings == ()
    assert found.notes == (
        "trivy left out by its own ignore file or VEX documents: 1 findings (ExperimentalModifiedFindings)",
    )


def test_newer_versions_tell_theirs() -> None:
    assert read(Trivy={"Version": "0.68.1"}).scanner == "trivy 0.68.1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.json is empty"),
        ("FATAL image scan error", "a.json: line 1, column 1: Expecting value. This is no JSON document"),
        (report({"Packages": []})[:-9], "a.json: line 1, column 50: Unterminated string starting at. The document is cut off"),
        ("[]", "a.json: the document is a list, an object is needed"),
        ("{}", "a.json: SchemaVersion is missing"),
        (report(SchemaVersion=1), "a.json: SchemaVersion is 1, layout 2 is needed"),
        (report(SchemaVersion=True), "a.json: SchemaVersion is true, layout 2 is needed"),
        (report(SchemaVersion="2"), "a.json: SchemaVersion is '2', layout 2 is needed"),
        (json.dumps({"SchemaVersion": 2, "Results": None}), "a.json: Results is null, a list is needed"),
        (json.dumps({"SchemaVersion": 2, "Results": [{}]}), "a.json: Results[0].Target is missing"),
        (report({"Vulnerabilities": None}), "a.json: Results[0].Vulnerabilities is null, a list is needed"),
        (report({"Vulnerabilities": {}}), "a.json: Results[0].Vulnerabilities is an object, a list is needed"),
        (report({}, {"vulnerabilities": [vulnerability()]}), "a.json: Results[1].vulnerabilities is a list of vulnerabilities under"),
        (report({"Vulnerabilities": [None]}), "a.json: Results[0].Vulnerabilities[0] is null, an object is needed"),
        (report({"Packages": 3}), "a.json: Results[0].Packages is 3, a list is needed"),
        (report(Metadata={"OS": {"EOSL": "yes"}}), "a.json: Metadata.OS.EOSL is 'yes', true or false is needed"),
        (
            report({}, {}, {"Vulnerabilities": [vulnerability(Severity=7)]}),
            "a.json: Results[2].Vulnerabilities[0].Severity is 7, a text is needed",
        ),
        (
            report({"Vulnerabilities": [vulnerability(Severity="BAD")]}),
            "Results[0].Vulnerabilities[0].Severity: the severity is 'BAD', known are critical, high",
        ),
        (report({"Vulnerabilities": [vulnerability(VulnerabilityID="")]}), "Vulnerabilities[0].VulnerabilityID is '', a text that is not empty"),
        (report({"Vulnerabilities": [vulnerability(PkgName=None)]}), "Vulnerabilities[0].PkgName is missing"),
        (report({"Vulnerabilities": [vulnerability(CVSS={"nvd": {"V3Score": "9.8"}})]}), "Vulnerabilities[0].CVSS.nvd.V3Score is '9.8', a number is needed"),
        (report({"Vulnerabilities": [vulnerability(CVSS={"nvd": {"V3Score": float("nan")}})]}), "CVSS.nvd.V3Score is nan, a number from 0 to 10"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_trivy(text: str, told: str) -> None:
    with pytest.raises(ToolError, match=re.escape(told)) as caught:
        read_trivy(text, "a.json")
    assert str(caught.value).startswith("a.json")
