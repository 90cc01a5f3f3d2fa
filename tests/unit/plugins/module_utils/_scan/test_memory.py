# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered from scan to scan: dates, what is new and gone, verdicts by digest."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import decode_memory, remember
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.remembered import worst_verdict
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import row
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import judge
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    APP,
    DAY,
    DIGEST,
    FINDINGS,
    NAME,
    NOW,
    finding,
    verdict,
)

REPOSITORY = "registry.example.com/team/app"
LENIENT = {"max": {"critical": 100}}
OPENSSL, CURL, ZLIB = finding(), finding("CVE-2026-2", "curl", "high"), finding("CVE-2026-3", "zlib", "low", fixed=None)


def changes(found):
    told = row(found)
    return {one["id"]: one["change"] for one in told["findings"]}, [one["id"] for one in told["gone"]]


def after(memory, *findings, now=NOW, **more):
    return remember(memory, [verdict(*findings, memory=memory, now=now, **more)], now)


def test_the_first_scan_finds_everything_new_and_nothing_gone():
    found = verdict(OPENSSL, CURL)
    assert changes(found) == ({"CVE-2026-1": "new", "CVE-2026-2": "new"}, [])
    assert row(found)["changes"] == {"since": None, "new": 2, "still": 0, "gone": 0}


def test_new_still_and_gone():
    memory = after({}, OPENSSL, ZLIB)
    found = verdict(OPENSSL, CURL, memory=memory, now=NOW + DAY)
    assert changes(found) == ({"CVE-2026-1": "still", "CVE-2026-2": "new"}, ["CVE-2026-3"])
    assert row(found)["changes"] == {"since": "2026-11-18T11:06:40Z", "new": 1, "still": 1, "gone": 1}
    assert row(found)["gone"] == [{"id": "CVE-2026-3", "package": "zlib", "severity": "low"}]


def test_an_update_that_does_not_mend_is_still_the_same():
    memory = after({}, OPENSSL)
    assert changes(verdict(finding(installed="3.0.1-9", severity="low"), memory=memory)) == (
        {"CVE-2026-1": "still"},
        [],
    )
    assert changes(verdict(finding(package="libssl"), memory=memory)) == ({"CVE-2026-1": "new"}, ["CVE-2026-1"])


def test_another_scanner_with_another_name_does_not_make_it_new():
    memory = after({}, OPENSSL)
    assert changes(verdict(finding("GHSA-1", aliases=("CVE-2026-1",)), memory=memory)) == ({"GHSA-1": "still"}, [])


def test_what_is_not_listed_is_not_told_as_gone():
    memory = after({}, OPENSSL, CURL, ZLIB)
    assert changes(verdict(memory=memory, listing=Listing(("low", "high")))) == ({}, ["CVE-2026-2", "CVE-2026-3"])
    assert changes(verdict(memory=memory, listing=Listing(("low", "high"), True))) == ({}, ["CVE-2026-2"])
    # Nor does a listing make something gone that is there.
    assert changes(verdict(OPENSSL, CURL, ZLIB, memory=memory, listing=Listing(("low",)))) == (
        {"CVE-2026-3": "still"},
        [],
    )


def test_another_tag_of_the_repository_is_compared_with_itself_but_keeps_the_dates():
    memory = after({}, OPENSSL)
    other = Subject(REPOSITORY + ":2", (REPOSITORY + ":2",))
    found = verdict(OPENSSL, subject=other, memory=memory, now=NOW + DAY)
    assert changes(found) == ({"CVE-2026-1": "new"}, [])
    assert row(found)["findings"][0]["first_seen"] == "2026-11-18T11:06:40Z"


def test_the_same_name_in_another_form_is_the_same():
    memory = after({}, OPENSSL, subject=Subject("nginx:1", ("nginx:1",)))
    again = Subject("docker.io/library/nginx:1", ("docker.io/library/nginx:1",))
    assert changes(verdict(OPENSSL, subject=again, memory=memory)) == ({"CVE-2026-1": "still"}, [])


def test_an_image_scanned_by_another_of_its_names_is_compared_all_the_same():
    names = ("a.example.com/app:1", "b.example.com/app:1")
    memory = after({}, OPENSSL, subject=Subject(names[0], names))
    assert set(memory["last"]) == set(names)
    assert changes(verdict(OPENSSL, subject=Subject(names[1], names), memory=memory)) == ({"CVE-2026-1": "still"}, [])


def test_what_was_not_scanned_changes_nothing_of_the_findings():
    memory = after({}, OPENSSL)
    blind = judge(APP, None, "timeout", Policy(), (), (), memory, NOW + DAY)
    empty = verdict(packages=0, memory=memory, now=NOW + DAY)
    for found in (blind, empty):
        assert changes(found) == ({}, [])
        later = remember(memory, [found], NOW + DAY)
        assert {**later, "verdicts": 0} == {**memory, "verdicts": 0}


def test_a_finding_that_comes_back_within_90_days_keeps_its_date():
    memory = after({}, OPENSSL)
    gone = after(memory, now=NOW + DAY)
    back = verdict(OPENSSL, memory=gone, now=NOW + 90 * DAY)
    assert back.judged[0].change == "new"
    assert back.judged[0].first_seen == NOW
    assert verdict(OPENSSL, memory=gone, now=NOW + 91 * DAY).judged[0].first_seen == NOW + 91 * DAY


def test_dates_live_as_long_as_the_finding_is_seen():
    memory = {}
    for day in range(0, 400, 30):
        memory = after(memory, OPENSSL, now=NOW + day * DAY)
    assert memory["first_seen"][REPOSITORY]["CVE-2026-1"]["openssl"] == [NOW, NOW + 390 * DAY]


def test_what_is_not_scanned_any_more_is_forgotten():
    memory = after(after({}, OPENSSL), now=NOW + 91 * DAY, subject=Subject("other:1", ("other:1",)))
    assert memory["first_seen"] == {}
    assert set(memory["scanned"]) == {"docker.io/library/other"}
    assert set(memory["last"]) == {"docker.io/library/other:1"}
    assert memory["verdicts"] == {}


def test_clocks_that_run_back_make_nothing_older():
    memory = after({}, OPENSSL, now=NOW + DAY)
    assert verdict(OPENSSL, memory=memory, now=NOW).judged[0].first_seen == NOW


def test_verdicts_by_digest():
    memory = after({}, OPENSSL, policy={"max": {"critical": 0}})
    assert memory["verdicts"] == {
        DIGEST: {
            "linux/amd64": {
                "at": NOW,
                "status": "failed",
                "scanned": "2026-11-18T11:06:40Z",
                "scanner": "trivy 0.58.1",
                "reasons": ["1 critical counts, 0 are allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2)"],
                "images": [NAME],
            }
        }
    }


def test_of_the_platforms_of_an_index_the_worst_counts():
    index = "registry.example.com/team/app@sha256:" + "1" * 64
    amd = Subject(NAME, (NAME, index), "sha256:" + "2" * 64, (), "linux/amd64")
    arm = Subject(NAME, (NAME, index), "sha256:" + "3" * 64, (), "linux/arm64")
    policy = {"max": {"critical": 0}}
    bad, good = verdict(OPENSSL, subject=amd, policy=policy), verdict(CURL, subject=arm, policy=policy)
    for order in ([bad, good], [good, bad]):
        assert worst(remember({}, order, NOW)) == {"1": "failed", "2": "failed", "3": "passed"}
    # A later scan of one platform says nothing of the other, and one of the other that is better does.
    later = remember(remember({}, [bad], NOW), [good], NOW + DAY)
    assert worst(later) == {"1": "failed", "2": "failed", "3": "passed"}
    assert worst_verdict(later["verdicts"]["sha256:" + "1" * 64])["platform"] == "linux/amd64"
    mended = verdict(CURL, subject=amd, policy=policy)
    assert worst(remember(later, [mended], NOW + DAY)) == {"1": "passed", "2": "passed", "3": "passed"}


def test_of_platforms_that_passed_the_oldest_scan_counts():
    index = "registry.example.com/team/app@sha256:" + "1" * 64
    amd = Subject(NAME, (NAME, index), "sha256:" + "2" * 64, (), "linux/amd64")
    arm = Subject(NAME, (NAME, index), "sha256:" + "3" * 64, (), "linux/arm64")
    older, newer = (verdict(CURL, subject=one, policy=LENIENT) for one in (arm, amd))
    memory = remember(remember({}, [older], NOW), [newer], NOW + DAY)
    counts = worst_verdict(memory["verdicts"]["sha256:" + "1" * 64])
    assert (counts["at"], counts["platform"]) == (NOW, "linux/arm64")


def test_what_had_no_platform_is_replaced_by_what_has_one():
    nowhere = Subject(NAME, (NAME,), DIGEST)
    blind = judge(nowhere, None, "timeout", parse_policy(LENIENT), (), (), {}, NOW)
    passed = verdict(CURL, policy=LENIENT)
    memory = remember({}, [blind], NOW)
    assert worst(memory) == {"a": "not_scanned"}
    assert worst(remember(memory, [passed], NOW + DAY)) == {"a": "passed"}
    assert worst(remember(remember({}, [passed], NOW), [blind], NOW + DAY)) == {"a": "not_scanned"}


def worst(memory):
    return {digest[7:8]: worst_verdict(one)["status"] for digest, one in memory["verdicts"].items()}


def test_a_scan_that_did_not_come_about_does_not_take_back_that_it_failed():
    failed = after({}, OPENSSL, policy={"max": {"critical": 0}})
    blind = judge(APP, None, "timeout", parse_policy(LENIENT), (), (), failed, NOW + DAY)
    assert remember(failed, [blind], NOW + DAY)["verdicts"][DIGEST]["linux/amd64"]["status"] == "failed"
    passed = after({}, OPENSSL, policy=LENIENT)
    assert remember(passed, [blind], NOW + DAY)["verdicts"][DIGEST]["linux/amd64"]["status"] == "not_scanned"


def test_a_scan_without_a_policy_passes_everything_and_lets_nothing_go_on():
    failed = after({}, OPENSSL, policy={"max": {"critical": 0}})
    looked = verdict(OPENSSL, memory=failed, now=NOW + DAY)
    assert looked.status == "passed"
    later = remember(failed, [looked], NOW + DAY)
    assert worst(later) == {"a": "failed"}
    assert worst(remember({}, [looked], NOW + DAY)) == {}
    # What it found is remembered all the same.
    assert changes(verdict(OPENSSL, memory=remember({}, [looked], NOW)))[0] == {"CVE-2026-1": "still"}


@given(st.lists(st.lists(FINDINGS, max_size=4), max_size=4))
def test_a_memory_survives_its_file_and_is_not_changed_by_the_next(scans):
    memory = {}
    for number, findings in enumerate(scans):
        before = json.dumps(memory, sort_keys=True)
        later = after(memory, *findings, now=NOW + number * DAY)
        assert json.dumps(memory, sort_keys=True) == before
        again = json.loads(json.dumps(later))
        assert json.loads(json.dumps(decode_memory(again))) == again
        memory = decode_memory(again)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["first_seen", "last", "verdicts", "at", "findings", "status", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["scanned", "first_seen", "last", "verdicts"]), JUNK))
def test_a_damaged_memory_is_refused_or_can_be_used(document):
    try:
        memory = decode_memory(document)
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    remember(memory, [verdict(OPENSSL, memory=memory)], NOW)


@pytest.mark.parametrize(
    "document",
    [
        {"first_seen": {"r": {"i": {"p": [True, 1]}}}},
        {"first_seen": {"r": {"i": {"p": ["1", 1]}}}},
        {"first_seen": {"r": {"i": {"p": [1]}}}},
        {"scanned": {"r": None}},
        {"last": {"n": {"at": 1, "findings": [["i", "p", "serious", True]]}}},
        {"last": {"n": {"at": 1.5, "findings": []}}},
        {"last": {"n": {"findings": []}}},
        {"verdicts": {"d": {"at": 1}}},
        {
            "verdicts": {
                "d": {"": {"at": 1, "status": "fine", "scanned": "", "scanner": "", "reasons": [], "images": []}}
            }
        },
        {"verdicts": 7},
    ],
)
def test_damage_is_seen(document):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        decode_memory(document)
