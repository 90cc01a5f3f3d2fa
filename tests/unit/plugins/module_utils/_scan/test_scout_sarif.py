# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker scout's SARIF: results, not rules, tell of packages and fixes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.packages_told import scout_packages
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.scout_message import read_message
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.scout_sarif import read_scout

SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "scanners" / "scout"
MESSAGE = {
    "Vulnerability": "CVE-2024-1",
    "Severity": "HIGH",
    "Package": "pkg:npm/left@1.0.0",
    "Affected range": "<2.0.0",
    "Fixed version": "2.0.0",
}


def sample(name: str) -> Scanned:
    return read_scout((SAMPLES / name).read_text(), name)


def message(**changes: Optional[str]) -> str:
    """Labels with underscores; None leaves the line out."""
    lines = {**MESSAGE, **{label.replace("_", " "): value for label, value in changes.items()}}
    return "".join("  %-15s : %-50s  \n" % (label, value) for label, value in lines.items() if value is not None)


def result(text: str, **more: Any) -> Dict[str, Any]:
    return {"ruleId": "CVE-2024-1", "ruleIndex": 0, "kind": "fail", "message": {"text": text}, **more}


def rule(**more: Any) -> Dict[str, Any]:
    return {"id": "CVE-2024-1", **more}


def run(results: List[Dict[str, Any]], rules: Any = None) -> Dict[str, Any]:
    driver = {"name": "docker scout", "version": "1.20.4", "rules": [rule()] if rules is None else rules}
    return {"tool": {"driver": driver}, "results": results}


def sarif(*runs: Dict[str, Any]) -> str:
    return json.dumps({"version": "2.1.0", "runs": list(runs)})


def read(*results: Dict[str, Any], rules: Any = None) -> Scanned:
    return read_scout(sarif(run(list(results), rules)), "a.sarif")


def test_nothing_found_proves_nothing() -> None:
    assert sample("clean.sarif") == Scanned(scanner="docker scout 1.20.4")


def test_every_field() -> None:
    found = sample("findings.sarif")
    assert found.system == "debian 12"
    assert [(one.id, one.package, one.installed, one.fixed, one.severity, one.score) for one in found.findings] == [
        ("CVE-2024-1001", "openssl", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", "critical", 9.8),
        ("CVE-2024-1002", "@example/common", "10.4.22", "11.0.16", "high", 8.7),
        ("GMS-2020-7", "execa", "0.7.0", "2.0.0", "medium", 6.5),
        ("CVE-2023-1003", "zlib", "1:1.2.13.dfsg-1+b1", None, "low", None),
        ("RUSTSEC-2017-0008", "serial", "0.4.0", None, "unknown", None),
    ]
    assert [(one.vector or "")[:8] for one in found.findings] == ["CVSS:3.1", "CVSS:4.0", "CVSS:3.0", "", ""]
    assert [(one.epss, one.epss_percentile) for one in found.findings] == [
        (0.01396, 0.86093),
        (0.00163, 0.37043),
        (None, None),
        (0.00022, 0.05624),
        (None, None),
    ]
    assert found.findings[1].locations == (
        "/app/node_modules/@example/common/package.json",
        "/srv/web/node_modules/@example/common/package.json",
    )
    assert found.findings[0].title == "Out-of-bounds Write"
    assert found.findings[3].title is None
    assert all(one.kev is None and one.layer is None for one in found.findings)
    assert found.findings[0].sources["fixed"] == "message: Fixed version"
    assert found.findings[0].sources["url"] == "rule: helpUri"


def test_the_rule_describes_only_one_of_its_packages() -> None:
    """Fixed in nghttp2, and not in nginx, though the rule of both names a fixed version."""
    nghttp2, nginx = sample("several-packages-per-rule.sarif").findings
    assert (nghttp2.package, nghttp2.fixed) == ("nghttp2", "1.52.0-1+deb12u1")
    assert (nginx.package, nginx.fixed) == ("nginx", None)
    assert nginx.url == nghttp2.url == "https://scout.docker.com/v/CVE-2023-44487"


def test_an_old_version() -> None:
    (one,) = sample("old-version.sarif").findings
    assert (one.package, one.installed, one.fixed) == ("example.com/lib/text", "0.3.6", "0.3.8")
    assert one.locations == ("/usr/local/bin/server",)


def test_what_only_the_rule_tells() -> None:
    found = read(
        result(message(Severity=None)),
        rules=[rule(properties={"cvssV3": "8.1", "cvssV3_severity": "HIGH", "cvssV3_vector": "CVSS:3.1/x"})],
    )
    (one,) = found.findings
    assert (one.severity, one.score, one.vector) == ("high", 8.1, "CVSS:3.1/x")
    assert (one.sources["severity"], one.sources["score"]) == ("rule: cvssV3_severity", "rule: cvssV3")


def test_a_vector_of_the_rule_does_not_explain_a_score_of_the_message() -> None:
    found = read(
        result(message(CVSS_Score="5.0")), rules=[rule(properties={"cvssV3": 9.1, "cvssV3_vector": "CVSS:3.1/x"})]
    )
    assert (found.findings[0].score, found.findings[0].vector) == (5.0, None)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"Severity": "critical"}, "severity", "critical"),
        ({"Severity": "UNSPECIFIED"}, "severity", "unknown"),
        ({"Severity": None}, "severity", "unknown"),
        ({"Fixed_version": "Not fixed"}, "fixed", None),
        ({"Fixed_version": "not fixed \n                  : 2.1.0"}, "fixed", "2.1.0"),
        ({"Affected_range": ">=8.0.0\n                  : <8.0.3"}, "fixed", "2.0.0"),
        ({"Package": "left 1.0.0"}, "package", "left 1.0.0"),
        ({"Package": "left 1.0.0"}, "installed", None),
        ({"Package": "pkg:npm/left"}, "installed", None),
        ({"EPSS_Score": "0.05%", "EPSS_Percentile": "17th percentile"}, "epss", 0.0005),
        ({"EPSS_Score": "0.05%", "EPSS_Percentile": "1st percentile"}, "epss_percentile", 0.01),
        ({"EPSS_Score": "0.05%", "EPSS_Percentile": "17th percentile"}, "epss_percentile", 0.17),
        ({"CVSS_Score": "2.0", "CVSS_Vector": "CVSS:4.0/y"}, "vector", "CVSS:4.0/y"),
    ],
)
def test_the_message(changes: Dict[str, Optional[str]], field: str, value: Any) -> None:
    (one,) = read(result(message(**changes))).findings
    assert getattr(one, field) == value


def test_the_first_of_equal_labels_holds() -> None:
    assert read_message("  Fixed version : not fixed\n\n some : thing\n  Fixed version : 9\n  : 10\n") == {
        "fixed version": ["not fixed"],
        "some": ["thing"],
    }


def test_several_packages_in_one_message_are_several_findings() -> None:
    found = read(result(message(Package="pkg:npm/left@1.0.0\n                  : pkg:npm/right@2.0.0")))
    assert [one.package for one in found.findings] == ["left", "right"]


def test_equal_results_are_one_with_all_locations() -> None:
    def at(*uris: str) -> Dict[str, Any]:
        return {"locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}} for uri in uris]}

    (one,) = read(result(message(), **at("/b", "/a")), result(message(), **at("\\c", "/a"))).findings
    assert one.locations == ("/a", "/b", "/c")


def test_several_runs() -> None:
    other = result(message(Vulnerability="GHSA-1", Package="pkg:npm/right@1"), ruleId="GHSA-1")
    found = read_scout(sarif(run([result(message())]), run([other], [])), "a.sarif")
    assert [one.id for one in found.findings] == ["CVE-2024-1", "GHSA-1"]
    assert found.scanner == "docker scout 1.20.4"


def test_a_rule_is_found_by_its_name_when_the_index_points_elsewhere() -> None:
    rules = [{"id": "CVE-9", "helpUri": "https://example.com/9"}, rule(helpUri="https://example.com/1")]
    assert read(result(message()), rules=rules).findings[0].url == "https://example.com/1"


def test_of_rules_with_one_name_the_index_chooses() -> None:
    rules = [rule(helpUri="https://example.com/1"), rule(helpUri="https://example.com/2")]
    found = read(result(message(), ruleIndex=1), result(message(Package="pkg:npm/right@1"), ruleIndex=-1), rules=rules)
    assert [one.url for one in found.findings] == ["https://example.com/2", "https://example.com/1"]


def test_a_result_without_the_name_of_its_rule() -> None:
    assert read(result(message(Vulnerability=None), ruleId=None)).findings[0].id == "CVE-2024-1"
    assert read(result(message(), ruleId=None, ruleIndex=None)).findings[0].id == "CVE-2024-1"


def test_suppressed_results_count_and_are_noted() -> None:
    found = read(result(message(), suppressions=[{"kind": "external"}]))
    assert len(found.findings) == 1
    assert found.notes == ("docker scout marks 1 of its results as suppressed; they count here all the same",)


def test_advice_around_the_document_is_passed_over_and_noted() -> None:
    text = "    ✓ SBOM of image already cached, 156 packages indexed\n%s\n\nWhat's next:\n    View base image → ...\n"
    found = read_scout(text % sarif(run([result(message())])), "a.sarif")
    assert len(found.findings) == 1
    assert found.notes == ("docker scout printed other text beside its report; it was passed over",)


@pytest.mark.parametrize(
    "text",
    [
        (SAMPLES / "logged-out.txt").read_text(),
        "ERROR   Status: not logged in, Code: 1\n",
        "You are not logged in",
    ],
)
def test_logged_out(text: str) -> None:
    with pytest.raises(ToolError, match="^a.sarif: docker scout is logged out.*or run docker login"):
        read_scout(text, "a.sarif")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.sarif is empty: docker scout wrote nothing"),
        ("\n", "a.sarif is empty: docker scout wrote nothing"),
        ("ERROR Status: failed, Code: 1", "a.sarif: line 1 holds no SARIF document; docker scout answers 'ERROR Status"),
        ("[]", "a.sarif: line 1 holds no SARIF document"),
        ("{}", "a.sarif: version is missing"),
        (json.dumps({"version": "2.0.0", "runs": []}), "a.sarif: version is '2.0.0', SARIF version 2.1.0 is needed"),
        (json.dumps({"version": "2.1.0"}), "a.sarif: runs is missing"),
        (sarif(), "a.sarif: runs is a list, a list with at least one run is needed"),
        (sarif({"tool": {}}), "a.sarif: runs[0].tool.driver is missing"),
        (sarif({"tool": {"driver": {"name": "Trivy"}}, "results": []}), "a.sarif: runs[0].tool.driver.name is 'Trivy'"),
        (sarif({"tool": {"driver": {"name": "docker scout"}}}), "a.sarif: runs[0].results is missing"),
        (sarif(run([result(message())]))[:-30], "a.sarif: line 1, column "),
        (sarif(run([result("")])), "a.sarif: runs[0].results[0].message.text has no line 'Package : ...'"),
        (sarif(run([result(message(Package=None))])), "runs[0].results[0].message.text has no line 'Package : ...'"),
        (sarif(run([result(message(Package=""))])), "runs[0].results[0].message.text has no line 'Package : ...'"),
        (sarif(run([result(message(Fixed_version=None))])), "message.text has no line 'Fixed version : ...'"),
        (sarif(run([result(message(Severity="URGENT"))])), "the severity is 'URGENT', known are critical, high, low"),
        (sarif(run([result(message(CVSS_Score="NaN"))])), "CVSS Score is 'NaN', a number from 0 to 10 is needed"),
        (sarif(run([result(message(EPSS_Score="2"))])), "EPSS Score is '2', a number from 0 to 1 is needed"),
        (sarif(run([result(message(), kind="pass")])), "a.sarif: runs[0].results[0].kind is 'pass'"),
        (sarif(run([result(message(), ruleId="CVE-2")])), "runs[0].results[0].message.text names 'CVE-2024-1', its rule 'CVE-2'"),
        (sarif(run([result(message(), locations=7)])), "a.sarif: runs[0].results[0].locations is 7, a list is needed"),
        (sarif(run([], [{"id": 7}])), "a.sarif: runs[0].tool.driver.rules[0].id is 7, a text is needed"),
        (sarif(run([], [rule(properties={"cvssV3": 11})])), "rules[0].properties.cvssV3 is 11, a number from 0 to 10"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_scout(text: str, told: str) -> None:
    with pytest.raises(ToolError, match=re.escape(told)) as caught:
        read_scout(text, "a.sarif")
    assert str(caught.value).startswith("a.sarif")


@pytest.mark.parametrize(
    ("errors", "packages"),
    [
        ("    ✓ SBOM of image already cached, 156 packages indexed\n    ✗ Detected 16 vulnerable packages with a total of 32\n", 156),
        ("    ✓ Indexed 1 packages\n", None),
        ("    ✓ SBOM obtained from attestation, 0 packages indexed\n", 0),
        ("", None),
    ],
)  # fmt: skip
def test_packages_from_what_it_prints(errors: str, packages: Optional[int]) -> None:
    assert scout_packages(errors) == packages
