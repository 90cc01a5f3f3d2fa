# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dictionaries that the module returns."""

from __future__ import annotations

import json

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import row, rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import judge
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    APP,
    DIGEST,
    HOSTILE,
    NAME,
    NOW,
    finding,
    statement,
    verdict,
    waiver,
)

NONE = {"max": {"critical": 0}}


def names(entries):
    return [one["where"] for one in entries]


def test_a_whole_row():
    one = finding(
        score=9.8, vector="CVSS:3.1/AV:N", epss=0.5, epss_percentile=0.9, kev=True, locations=("usr/lib/x", "usr/lib/y"),
        layer="sha256:1", title="Overflow", url="https://example.com/1", aliases=("GHSA-1",), sources={"b": "2", "a": "1"},
    )  # fmt: skip
    found = verdict(one, policy=NONE, waivers=[waiver()], statements=[statement(status="affected")], system="debian 12")
    assert row(found) == {
        "image": NAME,
        "references": [NAME],
        "digest": DIGEST,
        "platform": "linux/amd64",
        "hosts": ["web1"],
        "status": "passed",
        "reasons": ["0 critical count, 0 are allowed"],
        "notes": ["1 finding is waived: CVE-2026-1 in openssl 3.0.1"],
        "counts": {
            "critical": 0, "high": 0, "medium": 0, "low": 0, "unknown": 0,
            "fixable": 0, "waived": 1, "excused": 0, "in_grace": 0, "without_fix": 0,
        },
        "left_out": 0,
        "packages": 12,
        "scanner": "trivy 0.58.1",
        "system": "debian 12",
        "changes": {"since": None, "new": 1, "still": 0, "gone": 0},
        "gone": [],
        "findings": [
            {
                "id": "CVE-2026-1",
                "package": "openssl",
                "purl": "pkg:deb/debian/openssl@3.0.1",
                "installed": "3.0.1",
                "fixed": "3.0.2",
                "severity": "critical",
                "score": 9.8,
                "vector": "CVSS:3.1/AV:N",
                "epss": 0.5,
                "epss_percentile": 0.9,
                "kev": True,
                "location": "usr/lib/x",
                "locations": ["usr/lib/x", "usr/lib/y"],
                "layer": "sha256:1",
                "title": "Overflow",
                "url": "https://example.com/1",
                "aliases": ["GHSA-1"],
                "sources": {"a": "1", "b": "2"},
                "first_seen": "2026-11-18T11:06:40Z",
                "change": "new",
                "waived": {"owner": "alice", "reason": "not reachable", "expires": "2026-12-31"},
                "vex": {"status": "affected", "justification": None, "author": "Team", "document": "doc"},
                "counted": False,
                "part": "waived",
                "why": "does not count: waived by alice until 2026-12-31: not reachable",
            }
        ],
    }  # fmt: skip


def test_rows_are_in_the_order_of_names_and_digests():
    subjects = [Subject("b:1"), Subject("a:1", digest="sha256:2"), Subject("a:1", digest="sha256:1"), Subject("a:1")]
    found = rows([verdict(subject=one) for one in subjects])
    assert [(one["image"], one["digest"]) for one in found] == [
        ("a:1", None), ("a:1", "sha256:1"), ("a:1", "sha256:2"), ("b:1", None),
    ]  # fmt: skip


def test_rows_can_be_written_whatever_a_scanner_told():
    for text in HOSTILE:
        one = finding(text, text, title=text, locations=(text,), aliases=(text,), sources={"title": text})
        told = row(verdict(one, system=text, notes=(text,)))
        assert json.loads(json.dumps(told, ensure_ascii=False).encode("utf-8")) == told


def test_the_summary_counts():
    verdicts = [
        verdict(finding(), finding("CVE-2026-2"), policy={"max": {"critical": 0}}, waivers=[waiver()]),
        verdict(subject=Subject("b:1")),
        judge(Subject("c:1"), None, "timeout", Policy(), (), (), {}, NOW),
    ]
    told = summary(verdicts, [waiver()], [], NOW)
    assert {key: told[key] for key in ("images", "passed", "failed", "not_scanned", "findings", "counted", "new", "gone")} == {
        "images": 3, "passed": 1, "failed": 1, "not_scanned": 1, "findings": 2, "counted": 1, "new": 2, "gone": 0,
    }  # fmt: skip
    assert told["scanners"] == ["trivy 0.58.1"]


def test_waivers_to_look_at():
    waivers = [
        waiver(expires="2026-11-17", where="ended"),
        waiver("CVE-2026-2", expires="2026-12-01", where="soon"),
        waiver("CVE-2026-3", expires="2026-12-02T12:00:00Z", where="later"),
        waiver("CVE-2026-4", expires="2027-11-19", where="long"),
        waiver("CVE-2026-9", expires="2027-01-01", where="idle"),
    ]
    found = verdict(*(finding("CVE-2026-%d" % number) for number in range(1, 5)), waivers=waivers)
    told = summary([found], waivers, [], NOW)
    assert names(told["waivers_expired"]) == ["ended[0]"]
    assert names(told["waivers_expiring"]) == ["soon[0]"]
    assert names(told["waivers_unused"]) == ["idle[0]"]
    assert told["notes"] == [
        "long[0]: the waiver of alice for CVE-2026-4 lasts more than a year (2027-11-19); a shorter one is looked at again in time"
    ]
    assert told["waivers_expired"][0] == {
        "id": "CVE-2026-1", "package": None, "images": [], "owner": "alice", "reason": "not reachable",
        "expires": "2026-11-17", "where": "ended[0]",
    }  # fmt: skip


def test_a_waiver_that_was_renewed_is_reported_no_more():
    old, new = waiver(expires="2026-11-17", where="old"), waiver(expires="2027-01-31", where="new")
    told = summary([verdict(finding(), waivers=[old, new])], [old, new], [], NOW)
    assert told["waivers_expired"] == told["waivers_unused"] == told["waivers_expiring"] == []


def test_a_waiver_is_used_by_what_is_not_listed_and_may_be_needed_by_what_was_not_scanned():
    blind = judge(APP, None, "timeout", Policy(), (), (), {}, NOW)
    mine, others = waiver(images=["team/*"], where="mine"), waiver(images=["other/*"], where="others")
    told = summary([blind, verdict(subject=Subject("x:1"))], [mine, others], [statement()], NOW)
    assert names(told["waivers_unused"]) == ["others[0]"]
    assert told["vex_unused"] == []


def test_statements_that_nothing_needs_are_reported():
    used, idle = statement(), statement("CVE-2026-9", where="idle.json: statements[0]")
    found = verdict(finding(), statements=[used, idle])
    assert summary([found], [], [used, idle], NOW)["vex_unused"] == [
        {
            "id": "CVE-2026-9",
            "status": "not_affected",
            "author": "Team",
            "document": "doc",
            "where": "idle.json: statements[0]",
        }
    ]
    # An image of another digest that was not scanned does not need a statement of this one.
    blind = judge(Subject("x:1"), None, "timeout", Policy(), (), (), {}, NOW)
    other = statement(product="pkg:oci/app@" + DIGEST)
    assert len(summary([blind], [], [other], NOW)["vex_unused"]) == 1
