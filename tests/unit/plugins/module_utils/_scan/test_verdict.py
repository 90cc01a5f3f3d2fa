# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes, what fails, what was not scanned, and why."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import remember
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import counts, row
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import (
    FAILED,
    NOT_SCANNED,
    PASSED,
    judge,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import (
    COUNTED,
    EXCUSED,
    IN_GRACE,
    WAIVED,
    WITHOUT_FIX,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    APP,
    DAY,
    FINDINGS,
    HOSTILE,
    MEMORIES,
    NAME,
    NOW,
    POLICIES,
    STATEMENTS,
    WAIVERS,
    finding,
    scanned,
    statement,
    verdict,
    waiver,
)

NONE = {"max": {"critical": 0}}
WEEK = {"grace": {"critical": "7d"}}
PARTS = (WAIVED, EXCUSED, IN_GRACE, WITHOUT_FIX)


def since(days, last=1, repository="registry.example.com/team/app"):
    seen = [NOW - days * DAY, NOW - last * DAY]
    return {"scanned": {repository: NOW - DAY}, "first_seen": {repository: {"CVE-2026-1": {"openssl": seen}}}}


@pytest.mark.parametrize(
    ("findings", "policy", "status", "reasons"),
    [
        ([], None, PASSED, ["no policy"]),
        ([finding()], None, PASSED, ["no policy"]),
        ([], NONE, PASSED, ["0 critical count, 0 are allowed"]),
        ([finding(severity="high")], NONE, PASSED, ["0 critical count, 0 are allowed"]),
        ([finding()], {"max": {"critical": 1}}, PASSED, ["1 critical counts, 1 is allowed"]),
        (
            [finding(), finding("CVE-2026-2", "curl", fixed=None, installed=None)],
            {"max": {"critical": 1}},
            FAILED,
            [
                "2 critical count, 1 is allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2), CVE-2026-2 in curl (no fix)"
            ],
        ),
        (
            [finding(), finding(severity="low"), finding("CVE-2026-2", severity="low")],
            {"max": {"critical": 0, "high": 0, "low": 1}},
            FAILED,
            [
                "1 critical counts, 0 are allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2)",
                "2 low count, 1 is allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2),"
                " CVE-2026-2 in openssl 3.0.1 (fixed in 3.0.2)",
            ],
        ),
        (
            [finding("CVE-2026-%d" % number, "p", fixed=None) for number in range(7)],
            NONE,
            FAILED,
            [
                "7 critical count, 0 are allowed: "
                + "".join("CVE-2026-%d in p 3.0.1 (no fix), " % number for number in range(5))
                + "and 2 more"
            ],
        ),
        ([finding(severity="unknown")], {"max": {"unknown": 0}}, FAILED, None),
        ([finding(fixed=None)], {**NONE, "fixable_only": True}, PASSED, ["0 critical count, 0 are allowed"]),
        ([finding()], {**NONE, "fixable_only": True}, FAILED, None),
        ([finding(fixed="")], {**NONE, "fixable_only": True}, PASSED, None),
    ],
)
def test_limits(findings, policy, status, reasons):
    found = verdict(*findings, policy=policy)
    assert found.status == status
    assert reasons is None or list(found.reasons) == reasons


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("limited", SEVERITIES)
def test_each_limit_is_for_its_own_severity(severity, limited):
    found = verdict(finding(severity=severity), policy={"max": {limited: 0}})
    assert found.status == (FAILED if severity == limited else PASSED)


@pytest.mark.parametrize(
    ("age", "part"),
    [(0, IN_GRACE), (7 * DAY - 1, IN_GRACE), (7 * DAY, COUNTED), (8 * DAY, COUNTED), (-DAY, IN_GRACE)],
)
def test_grace_ends_with_its_last_second(age, part):
    memory = {"first_seen": {"registry.example.com/team/app": {"CVE-2026-1": {"openssl": [NOW - age, NOW - 60]}}}}
    found = verdict(finding(), policy=WEEK, memory=memory)
    assert [one.part for one in found.judged] == [part]
    assert found.status == (FAILED if part == COUNTED else PASSED)


def test_what_is_older_than_its_grace_is_told_with_its_age():
    found = verdict(finding(), policy=WEEK, memory=since(8))
    assert list(found.reasons) == [
        "1 critical counts, 0 are allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2; 8d old, 7d are allowed)"
    ]
    assert found.judged[0].why == "counts: CVE-2026-1 in openssl 3.0.1 is 8d old, 7d are allowed"


def test_what_is_in_grace_is_told_with_its_end():
    found = verdict(finding(), policy=WEEK, memory=since(3))
    assert found.judged[0].why == "does not count yet: in grace until 2026-11-22T11:06:40Z"
    assert list(found.notes) == [
        "1 finding is in grace, the first until 2026-11-22T11:06:40Z: CVE-2026-1 in openssl 3.0.1"
    ]


def test_grace_that_begins_for_want_of_memory_is_told():
    told = "no earlier scan of registry.example.com/team/app is remembered, so the grace of its findings begins now"
    assert told in verdict(finding(), policy=WEEK).notes
    assert told in verdict(finding(), policy=WEEK, memory=since(8, repository="other.example.com/x")).notes
    assert told not in verdict(finding(), policy=WEEK, memory=since(1)).notes
    assert told not in verdict(finding(), policy=WEEK, memory=remember({}, [verdict()], NOW)).notes
    assert told not in verdict(finding(severity="low"), policy=WEEK).notes
    assert told not in verdict(finding(), policy=NONE).notes


def test_a_rebuilt_image_does_not_restart_the_grace():
    other = Subject("registry.example.com/team/app:2", ("registry.example.com/team/app:2",), "sha256:" + "b" * 64)
    assert verdict(finding(installed="3.0.1-2"), policy=WEEK, memory=since(8), subject=other).status == FAILED


def test_another_name_of_the_vulnerability_does_not_restart_the_grace():
    renamed = finding("GHSA-1", aliases=("CVE-2026-1",))
    assert verdict(renamed, policy=WEEK, memory=since(8)).status == FAILED


def test_what_flaps_does_not_restart_the_grace_for_90_days():
    assert verdict(finding(), policy=WEEK, memory=since(120, last=90)).status == FAILED
    assert verdict(finding(), policy=WEEK, memory=since(120, last=91)).status == PASSED


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (scanned(packages=0), "trivy 0.58.1 read 0 packages, so nothing is known of this image;"),
        (scanned(packages=None), "trivy 0.58.1 found nothing and does not tell how many packages it read,"),
        (Scanned(packages=None), "the scanner found nothing and does not tell"),
        (scanned(finding(severity="low"), packages=0), "trivy 0.58.1 read 0 packages"),
    ],
)
@pytest.mark.parametrize("policy", [None, NONE])
def test_what_proves_nothing_is_not_scanned(found, reason, policy):
    told = verdict(found=found, policy=policy)
    assert told.status == NOT_SCANNED
    assert [one.startswith(reason) for one in told.reasons] == [True]


def test_findings_without_a_number_of_packages_are_a_scan():
    assert verdict(finding(), packages=None, policy=NONE).status == FAILED
    assert verdict(finding(severity="low"), packages=None, policy=NONE).status == PASSED


def test_what_fails_fails_even_if_no_package_was_read():
    assert verdict(finding(), packages=0, policy=NONE).status == FAILED


@pytest.mark.parametrize("problem", ["logged out: run docker login", None])
def test_a_problem_is_not_scanned(problem):
    found = judge(APP, None, problem, Policy(), (), (), {}, NOW)
    assert (found.status, found.judged, found.gone) == (NOT_SCANNED, (), ())
    assert list(found.reasons) == [problem or "the scanner told nothing"]
    with_findings = judge(APP, scanned(finding()), "timeout", Policy(), (), (), {}, NOW)
    assert (with_findings.status, with_findings.reasons) == (NOT_SCANNED, ("timeout",))


def test_unknown_severity_is_never_silently_harmless():
    told = "1 finding is of unknown severity and counts against no limit; policy.max.unknown sets one"
    assert told in verdict(finding(severity="unknown"), policy=NONE).notes
    assert told not in verdict(finding(severity="unknown"), policy={"max": {"unknown": 3}}).notes


def test_a_waiver_in_force():
    found = verdict(finding(), policy=NONE, waivers=[waiver()])
    assert found.status == PASSED
    assert found.judged[0].why == "does not count: waived by alice until 2026-12-31: not reachable"
    assert "1 finding is waived: CVE-2026-1 in openssl 3.0.1" in found.notes


def test_a_waiver_that_ended():
    found = verdict(finding(), policy=NONE, waivers=[waiver(expires="2026-11-17")])
    assert found.status == FAILED
    assert found.judged[0].why == "counts: the policy limits critical to 0; the waiver of alice ended (2026-11-17)"
    assert found.judged[0].waiver is None


def test_of_several_waivers_the_one_that_ends_last_is_told():
    many = [waiver(expires=day, where=day) for day in ("2026-11-17", "2027-02-01", "2026-12-31")]
    assert verdict(finding(), policy=NONE, waivers=many).judged[0].waiver.expires == "2027-02-01"


def test_a_waiver_for_some_of_its_names_is_told():
    both = Subject(NAME, (NAME, "registry.example.com/prod/app:1"))
    found = verdict(finding(), policy=NONE, subject=both, waivers=[waiver(images=["team/*"])])
    assert found.status == FAILED
    assert found.waivers == ()
    assert (
        "the waiver of alice for CVE-2026-1 is not used, since this image is also registry.example.com/prod/app:1,"
        " which its images leave out" in found.notes
    )
    assert not any("not used" in note for note in verdict(finding(), waivers=[waiver(images=["x/*"])]).notes)


@pytest.mark.parametrize(
    ("status", "part", "why"),
    [
        ("not_affected", EXCUSED, "does not count: Team says not_affected (component_not_present)"),
        ("fixed", EXCUSED, "does not count: Team says fixed"),
        ("affected", COUNTED, "counts: the policy limits critical to 0; Team says affected"),
        ("under_investigation", COUNTED, "counts: the policy limits critical to 0; Team says under_investigation"),
    ],
)
def test_statements(status, part, why):
    found = verdict(finding(), policy=NONE, statements=[statement(status=status)])
    assert [(one.part, one.why) for one in found.judged] == [(part, why)]
    assert found.status == (PASSED if part == EXCUSED else FAILED)


def test_a_later_statement_takes_an_excuse_back():
    told = [statement(made=5), statement(status="affected", made=6, where="b")]
    assert verdict(finding(), policy=NONE, statements=told).status == FAILED
    assert verdict(finding(), policy=NONE, statements=told[::-1]).status == FAILED


@pytest.mark.parametrize(
    ("policy", "why"),
    [(None, "open; there is no policy"), (NONE, "open; the policy does not limit high")],
)
def test_what_no_limit_is_for_is_open(policy, why):
    found = verdict(finding(severity="high"), policy=policy)
    assert [(one.part, one.why) for one in found.judged] == [(COUNTED, why)]


def test_what_is_left_out_is_told_with_its_number():
    listing = Listing(("critical", "high"), only_fixed=True)
    found = verdict(
        finding(severity="low"),
        finding("CVE-2026-2", severity="low"),
        finding("CVE-2026-3", severity="unknown"),
        finding("CVE-2026-4", fixed=None),
        finding("CVE-2026-5"),
        listing=listing,
        policy={"max": {"critical": 1}},
    )
    assert found.status == PASSED
    assert [one.finding.id for one in found.judged] == ["CVE-2026-5"]
    assert found.left_out == 4
    assert list(found.notes) == [
        "3 findings are left out, since severities lists only critical, high: 2 low, 1 unknown",
        "1 finding is left out, since no version has a fix and only_fixed is set",
    ]


def test_notes_of_the_scanner_arrive():
    assert verdict(notes=("its database is 9 days old",)).notes == ("its database is 9 days old",)


@pytest.mark.parametrize("text", HOSTILE)
def test_sentences_are_one_line_that_no_terminal_obeys(text):
    hostile = finding(text, text, title=text, installed=text, fixed=text)
    entry = waiver(owner="x" + text, reason="x" + text)
    for found in (
        verdict(hostile, policy=NONE, notes=(text,)),
        verdict(finding(), policy=NONE, waivers=[entry]),
        judge(APP, None, text, Policy(), (), (), {}, NOW),
    ):
        for sentence in (*found.reasons, *found.notes, *(one.why for one in found.judged)):
            assert sentence.isprintable()


MANY = st.lists(FINDINGS, max_size=8)


def told(findings, policy, waivers, statements, memory):
    return verdict(*findings, policy=policy, waivers=waivers, statements=statements, memory=memory)


ALL = (MANY, st.none() | POLICIES, st.lists(WAIVERS, max_size=5), st.lists(STATEMENTS, max_size=5), MEMORIES)


@given(*ALL, WAIVERS)
def test_another_waiver_never_fails_what_passed(findings, policy, waivers, statements, memory, another):
    before = told(findings, policy, waivers, statements, memory)
    after = told(findings, policy, [*waivers, another], statements, memory)
    assert not (before.status == PASSED and after.status != PASSED)
    assert sum(counts(after.judged)[one] for one in SEVERITIES) <= sum(counts(before.judged)[one] for one in SEVERITIES)


@given(*ALL, FINDINGS)
def test_another_finding_never_passes_what_failed(findings, policy, waivers, statements, memory, another):
    before = told(findings, policy, waivers, statements, memory)
    after = told([*findings, another], policy, waivers, statements, memory)
    assert not (before.status == FAILED and after.status != FAILED)


@given(*ALL, STATEMENTS.filter(lambda one: one.excuses))
def test_an_excuse_never_counts_more(findings, policy, waivers, statements, memory, another):
    before = told(findings, policy, waivers, statements, memory)
    after = told(findings, policy, waivers, [*statements, another], memory)
    for severity in SEVERITIES:
        assert counts(after.judged)[severity] <= counts(before.judged)[severity]
    assert not (before.status == PASSED and after.status != PASSED)


@given(*ALL)
def test_counts_add_up_and_agree_with_the_verdict(findings, policy, waivers, statements, memory):
    found = told(findings, policy, waivers, statements, memory)
    numbers = row(found)["counts"]
    assert sum(numbers[one] for one in (*SEVERITIES, *PARTS)) == len(findings) == len(found.judged)
    listed = row(found)["findings"]
    for severity in SEVERITIES:
        assert numbers[severity] == sum(1 for one in listed if one["counted"] and one["severity"] == severity)
    assert numbers["fixable"] == sum(1 for one in listed if one["counted"] and one["fixed"])
    limits = parse_policy(policy).limits
    assert (found.status == FAILED) == any(numbers[severity] > limit for severity, limit in limits.items())


@given(*ALL, st.randoms(use_true_random=False))
def test_the_order_of_waivers_and_statements_decides_nothing(findings, policy, waivers, statements, memory, chance):
    # Two of one place would be one document given twice.
    waivers = list({one.where: one for one in waivers}.values())
    statements = list({one.where: one for one in statements}.values())
    before = told(findings, policy, waivers, statements, memory)
    chance.shuffle(waivers)
    chance.shuffle(statements)
    after = told(findings, policy, waivers, statements, memory)
    assert before.status == after.status
    assert [one.part for one in before.judged] == [one.part for one in after.judged]
    assert counts(before.judged) == counts(after.judged)
