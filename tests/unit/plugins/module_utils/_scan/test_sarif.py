# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SARIF document, by what the schema of version 2.1.0 demands and what its readers go by."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import rows
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.sarif import LEVELS, sarif
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    APP,
    DAY,
    DIGEST,
    FINDINGS,
    HOSTILE,
    NAME,
    NOW,
    STATEMENTS,
    WAIVERS,
    finding,
    fleet,
    verdict,
)

URI = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")


def document(*verdicts):
    return sarif(rows(verdicts))["runs"][0]


def checked(run):
    """The required fields of the schema, and its rules on indexes, uniqueness and enumerations."""
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert set(rule.get("helpUri", "")) <= URI
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert len(set(rule["properties"]["tags"])) == len(rule["properties"]["tags"])
    for extension in run["tool"]["extensions"]:
        assert extension["name"]
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
    for result in run["results"]:
        assert result["message"]["text"].isprintable()
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["partialFingerprints"]["imagefleetFinding/v1"]
        assert result["locations"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert location["physicalLocation"]["region"]["startLine"] == 1
            assert uri and not uri.startswith("/") and set(uri) <= URI and ":" not in uri
        for suppression in result["suppressions"]:
            assert suppression["kind"] in ("inSource", "external")
            assert suppression["status"] in ("accepted", "underReview", "rejected")
    return run


def test_one_rule_for_an_id_and_one_result_for_a_finding():
    run = checked(document(*fleet()[0]))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CVE-2026-%d" % number for number in range(1, 7)]
    assert len(run["results"]) == 7
    texts = [one["message"]["text"] for one in run["results"] if one["ruleId"] == "CVE-2026-1"]
    assert texts == [
        "CVE-2026-1 (critical) in openssl 3.0.1 of registry.example.com/team/app:1: fixed in 3.0.2; Overflow",
        "CVE-2026-1 (high) in libssl 3.0.1 of registry.example.com/team/app:1: no version has a fix",
    ]


def test_a_rule_is_rated_by_its_worst_finding_and_tells_nothing_of_one_package():
    rule = document(*fleet()[0])["tool"]["driver"]["rules"][0]
    assert rule == {
        "id": "CVE-2026-1",
        "shortDescription": {"text": "Overflow"},
        "helpUri": "https://example.com/CVE-2026-1",
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "vulnerability", "critical"], "security-severity": "9.8"},
    }


@pytest.mark.parametrize(
    ("severity", "score", "shown"),
    [
        ("critical", 9.8, "9.8"), ("critical", None, "9.0"), ("critical", 5.0, "9.0"), ("high", 9.8, "7.0"), ("high", 8.9, "8.9"),
        ("medium", 4.0, "4.0"), ("low", None, "0.1"), ("low", 9.8, "0.1"), ("unknown", 9.8, None), ("unknown", None, None),
    ],
)  # fmt: skip
def test_the_rating_says_what_the_severity_says(severity, score, shown):
    (rule,) = document(verdict(finding(severity=severity, score=score)))["tool"]["driver"]["rules"]
    assert rule["properties"].get("security-severity") == shown
    assert rule["defaultConfiguration"]["level"] == LEVELS[severity] != "none"


def test_what_is_waived_or_excused_is_suppressed_with_its_reason_and_nothing_else():
    run = document(*fleet()[0])
    suppressed = {one["ruleId"]: one["suppressions"] for one in run["results"] if one["suppressions"]}
    assert suppressed == {
        "CVE-2026-2": [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "waived by alice until 2026-11-25: not reachable",
            }
        ],
        "CVE-2026-3": [
            {"kind": "external", "status": "accepted", "justification": "Team says not_affected: component_not_present"}
        ],
    }
    assert all(isinstance(one["suppressions"], list) for one in run["results"])


def test_what_was_not_scanned_makes_the_run_unsuccessful():
    invocation = document(*fleet()[0])["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [one["message"]["text"] for one in invocation["toolExecutionNotifications"]] == [
        "registry.example.com/team/blind:1 was not scanned: logged out"
    ]
    clean = document(verdict())
    assert clean["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert clean["results"] == []


def test_places_are_paths_in_the_image_or_the_image():
    run = document(verdict(finding(locations=("/usr/lib/a b", "c:d")), finding("CVE-2026-2")))
    uris = [
        [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]] for result in run["results"]
    ]
    assert uris == [["usr/lib/a%20b", "c%3Ad"], ["registry.example.com/team/app%3A1"]]
    assert run["results"][0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == NAME


def test_a_fingerprint_survives_a_rebuild_and_differs_otherwise():
    def fingerprint(one, subject=APP):
        return document(verdict(one, subject=subject))["results"][0]["partialFingerprints"]

    rebuilt = Subject(NAME, (NAME,), "sha256:" + "b" * 64, (), "linux/amd64")
    assert fingerprint(finding()) == fingerprint(finding(installed="3.0.1-2", fixed=None, title="x"), rebuilt)
    others = [finding("CVE-2026-2"), finding(package="libssl"), finding(locations=("x",))]
    assert len({json.dumps(fingerprint(one)) for one in [finding(), *others]}) == 4
    assert fingerprint(finding()) != fingerprint(finding(), Subject("other:1", digest=DIGEST))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_keeps_the_document_valid(text):
    hostile = finding(
        text, text, title=text, url="https://example.com/" + text, locations=(text,), installed=text, fixed=text
    )
    run = checked(document(verdict(hostile, finding()), verdict(hostile, subject=Subject("x" + text))))
    json.dumps(run, ensure_ascii=False).encode("utf-8")


def test_only_web_addresses_are_links():
    for url in ("javascript:alert(1)", "file:///etc/passwd", "", None):
        (rule,) = document(verdict(finding(url=url)))["tool"]["driver"]["rules"]
        assert "helpUri" not in rule


@given(st.lists(FINDINGS, max_size=8), st.lists(WAIVERS, max_size=4), st.lists(STATEMENTS, max_size=4))
def test_any_findings_make_a_valid_document_that_is_the_same_again(findings, waivers, statements):
    found = [
        verdict(*findings, waivers=waivers, statements=statements),
        verdict(*findings[::-1], subject=Subject("b:1")),
    ]
    once = json.dumps(sarif(rows(found)))
    assert once == json.dumps(sarif(rows(found[::-1])))
    run = checked(json.loads(once)["runs"][0])
    assert len(run["results"]) == 2 * len(findings)
    waived = sum(1 for row in rows(found) for one in row["findings"] if one["part"] in ("waived", "excused"))
    assert sum(1 for one in run["results"] if one["suppressions"]) == waived


def test_it_holds_no_time_of_the_run():
    memory = {"first_seen": {"registry.example.com/team/app": {"CVE-2026-1": {"openssl": [NOW - DAY, NOW]}}}}
    assert document(verdict(finding(), memory=memory)) == document(verdict(finding(), memory=memory, now=NOW + 5 * DAY))
