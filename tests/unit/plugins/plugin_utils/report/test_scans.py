# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans of a fleet for people to read, in a terminal and on the page."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import judge
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import parse_waivers
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans_text import scan_lines
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import samples
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import scan_samples as made
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)

NOW = 1_795_000_000


def page(result, name="shop", hosts=None):
    return fleet_page(hosts or {}, None, scans={name: result})


def test_everything_passed():
    assert scan_lines("shop", made.clean()) == [
        "Scan of shop: 2 images in use on 2 hosts: 2 passed, 0 failed, 0 not scanned."
    ]
    shown = page(made.clean())
    assert '<div class="tile good"><dt>Vulnerability scan</dt><dd class="figure">2 passed</dd>' in shown


def test_what_is_not_known_comes_before_what_failed_and_the_worst_is_first():
    assert scan_lines("shop", made.troubled()) == [
        "Scan of shop: 5 images in use on 5 hosts: 2 passed, 2 failed, 1 not scanned.",
        "Not scanned, so nothing is known of them:",
        "  IMAGE                            HOSTS  WHY",
        "  registry.example.com/shop/job:7  db-1   trivy 0.58.1 did not end within 10m",
        "Failed, the worst first:",
        "  IMAGE                                HOSTS                           CRITICAL  HIGH  MEDIUM  LOW  UNKNOWN  FIRST REASON",
        "  registry.example.com/shop/web:2.1.0  web-1, web-2, web-3 and 1 more         1     1       0    0        0  1 critical count, 0 are allowed: CVE-2026-1000 in openssl 1.0",
        "  registry.example.com/shop/api:1.4.0  web-1                                  0     1       0    0        0  1 high count, 0 are allowed: CVE-2026-1001 in zlib1g 1.0",
        "Waivers to look at:",
        "  STATE         ID             PACKAGE        OWNER      EXPIRES     REASON",
        "  expired       CVE-2026-0800  libxml2        team-mail  2026-11-20  not reachable",
        "  expires soon  CVE-2026-1002  every package  team-shop  2026-12-01  not reachable",
        "  unused        CVE-2025-0001  every package  team-old   2027-02-01  not reachable",
        "New since the last run (1):",
        "  SEVERITY  ID             PACKAGE  IMAGE",
        "  critical  CVE-2026-1000  openssl  registry.example.com/shop/web:2.1.0",
        "Gone since the last run (1):",
        "  SEVERITY  ID             PACKAGE  IMAGE",
        "  medium    CVE-2026-0900  curl     registry.example.com/shop/web:2.1.0",
    ]


@pytest.mark.parametrize(
    "told, words",
    [
        ({}, "no result, so nothing is known"),
        (None, "no result, so nothing is known"),
        ("text", "no result, so nothing is known"),
        ({"failed": True, "msg": "there is no trivy on PATH"}, "there is no trivy on PATH"),
        (made.scheduled(None, 3, "there is no trivy on PATH"), "there is no trivy on PATH"),
        (made.nothing(), "no image was asked about, so nothing is known"),
    ],
)
def test_nothing_known_is_never_clean(told, words):
    lines, shown = "\n".join(scan_lines("shop", told)), page(told)
    assert words in lines and words in shown
    assert "passed" not in lines and "tile good" not in shown and '<div class="tile bad">' in shown
    assert "Not scanned, so nothing is known of" in shown and "no result" in shown


def test_a_failed_module_is_told_with_what_it_found():
    failed = {**made.troubled(), "failed": True, "msg": "2 images failed, 1 was not scanned"}
    assert scan_lines("shop", failed)[-1] == "It failed: 2 images failed, 1 was not scanned"
    assert '<p class="alert bad">2 images failed, 1 was not scanned</p>' in page(failed)


def test_a_report_of_the_scheduled_job():
    assert scan_lines("shop", made.scheduled(made.clean())) == [
        "Scan of shop: 2 images in use on 2 hosts: 2 passed, 0 failed, 0 not scanned (2026-11-23 04:10 UTC)."
    ]
    late = {**made.scheduled(None, 3, "no space left"), "last_with_result": made.scheduled(made.clean())}
    lines = scan_lines("shop", late)
    assert lines[0].endswith("(2026-11-23 04:10 UTC).") and lines[-1] == "It failed: no space left"
    assert "tile good" not in page(late)


def test_a_status_that_is_none_counts_as_not_scanned():
    told = made.result(made.image("shop/web:1", "clean"))
    assert "0 passed, 0 failed, 1 not scanned" in scan_lines("shop", told)[0]
    assert "it has no verdict that is known: clean" in page(told)


def test_what_a_registry_keeps_runs_nowhere():
    told = made.result(made.image("shop/web:1", hosts=[]))
    assert scan_lines("shop", told) == ["Scan of shop: 1 image: 1 passed, 0 failed, 0 not scanned."]


def test_in_a_first_scan_nothing_is_new():
    first = made.troubled()
    for one in first["results"]:
        one["changes"] = {"since": None, "new": 9, "still": 0, "gone": 0}
        one["gone"] = []
    assert not [line for line in scan_lines("shop", first) if "since the last run" in line]


def test_the_page_tells_all_of_an_image_that_failed():
    shown = page(made.troubled())
    assert '<dd class="figure">2 failed</dd>' in shown and "2 passed, 1 not scanned" in shown
    assert 'href="#scan-0-image-0"' in shown and 'id="scan-0-image-1"' in shown
    for words in (
        "CVSS 9.8, EPSS 94.1 %",
        ">exploited<",
        "1.0 → 1.1",
        "1.0 → no fix",
        "2026-11-10",
        "13d old, 7d are allowed",
        "web-1, web-2, web-3, web-4",
        "openssl: use after free",
        "registry.example.com/shop/web:latest",
        "<summary>Waived (1)</summary>",
        "<summary>Excused by VEX (1)</summary>",
        "<summary>Found, and does not count (1)</summary>",
        "<summary>Passed (2)</summary>",
        "Waivers to look at (3)",
        "1 new finding, 2 waivers ended or ends soon",
    ):
        assert words in shown, words
    counting = shown.split("Findings that count (2)")[1].split("</table>")[0]
    assert "CVE-2026-1000" in counting and "CVE-2026-1002" not in counting


def test_a_finding_counts_unless_it_says_otherwise():
    told = made.result(made.image("shop/web:1", "failed", [made.finding("CVE-1", "a", "high", part=None)]))
    del told["results"][0]["findings"][0]["counted"]
    assert "Findings that count (1)" in page(told)


def test_tiles_stand_beside_those_of_hosts():
    shown = page(made.troubled(), hosts=samples.ordinary())
    assert shown.count('<div class="tile') == 5 and "Hosts that answered" in shown and "#scan-0-image-0" in shown


def test_long_lists_are_cut_and_say_so():
    images = [made.image("shop/%d" % at, "failed", [made.finding("CVE-1", "a", "high")]) for at in range(60)]
    lines = scan_lines("shop", made.result(*images), top=5)
    assert lines[-1] == "  and 55 more"
    shown = page(made.result(*images))
    assert "The findings of 20 more images are in the result." in shown and "scan-0-image-40" not in shown
    many = made.image("shop/web:1", "failed", [made.finding("CVE-%d" % at, "a", "high") for at in range(130)])
    assert "30 more rows are not shown here" in page(made.result(many))


def test_damaged_results_are_shown_as_far_as_they_go():
    lines, shown = scan_lines("shop", made.damaged(), top=1000), page(made.damaged())
    assert " 0 passed, 1 failed, 18 not scanned" in lines[0] and "shop/whole:1" in shown


def test_hostile_text_is_text_and_secrets_are_not_shown():
    lines, shown = scan_lines(HOSTILE[0], made.hostile(), top=1000), page(made.hostile(), name=HOSTILE[1])
    assert all(line.isprintable() for line in lines)
    assert not [text for text in HOSTILE[:3] if text in shown]
    assert not [secret for secret in SECRETS if secret in shown + "\n".join(lines)]


def test_rows_of_the_core_are_understood():
    """The core's own words for what is shown here."""
    found = Scanned(
        findings=(
            Finding("CVE-1", "openssl", "critical", installed="1", fixed="2", score=9.8, kev=True),
            Finding("CVE-2", "bash", "critical", installed="1"),
            Finding("CVE-3", "tar", "critical", installed="1", fixed="2"),
        ),
        packages=3,
        scanner="trivy 0.58.1",
    )
    policy = parse_policy({"max": {"critical": 0}, "fixable_only": True})
    waivers = parse_waivers(
        [{"id": "CVE-3", "owner": "team-shop", "reason": "not reachable", "expires": "2026-11-25"}], "waivers"
    )
    subject = Subject("registry.example.com/shop/web:1", digest=digest("web"), hosts=("web-1",))
    other = Subject("registry.example.com/shop/job:1", digest=digest("job"), hosts=("web-1",))
    verdicts = [
        judge(subject, found, None, policy, waivers, [], {}, NOW),
        judge(other, None, "trivy did not end", policy, waivers, [], {}, NOW),
    ]
    told = {"results": rows(verdicts), "summary": summary(verdicts, waivers, [], NOW)}
    text = "\n".join(scan_lines("shop", told))
    assert "2 images in use on 1 host: 0 passed, 1 failed, 1 not scanned." in text and "trivy did not end" in text
    assert "expires soon  CVE-3" in text and "since the last run" not in text
    shown = page(told)
    for words in ("Findings that count (1)", "Waived (1)", "Found, and does not count (1)", ">exploited<"):
        assert words in shown, words
