# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report to read."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.markdown import markdown, text
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import remember
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    HOSTILE,
    NOW,
    finding,
    fleet,
    verdict,
    waiver,
)

# A vertical bar that no backslash makes plain.
BAR = re.compile(r"(?<!\\)(?:\\\\)*\|")


def report(verdicts, waivers=(), statements=()):
    return markdown(rows(verdicts), summary(verdicts, waivers, statements, NOW))


def lines_of(told, heading):
    lines = told.splitlines()
    start = next(number for number, line in enumerate(lines) if line == heading)
    rest = lines[start + 1 :]
    ends = [number for number, line in enumerate(rest) if line.startswith("#")]
    return [line for line in rest[: ends[0] if ends else None] if line]


def test_the_verdict_comes_first_then_what_to_look_at():
    told = report(*fleet()).splitlines()
    assert told[:9] == [
        "# Image scan",
        "",
        "**3 images: 1 failed, 1 not scanned, 1 passed.**",
        "",
        "- Waiver that ended, its findings count again: alice for CVE-2026-9, until 2026-11-01 (not reachable)",
        "- Waiver that ends soon: alice for CVE-2026-2 in curl, until 2026-11-25 (not reachable)",
        "- Waiver that no finding needs: alice for CVE-2026-9 in zlib, until 2027-01-01 (not reachable)",
        "- VEX statement that no finding needs: Team says not\\_affected of CVE-2026-7 (idle.json: statements\\[0\\])",
        "",
    ]
    assert told[9:14] == [
        "| Image | Verdict | Critical | High | Medium | Low | Unknown | In grace | Waived | Excused | No fix |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| registry.example.com/team/app:1 | failed | 1 | 0 | 0 | 0 | 1 | 1 | 1 | 1 | 2 |",
        "| registry.example.com/team/blind:1 | not scanned | ? | ? | ? | ? | ? | ? | ? | ? | ? |",
        "| registry.example.com/team/clean:1 | passed | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
    ]


def test_the_sections_of_an_image():
    told = report(*fleet()).split("## registry.example.com/team/blind:1", maxsplit=1)[0]
    assert lines_of(told, "## registry.example.com/team/app:1: failed")[0] == (
        "- 1 critical counts, 0 are allowed: CVE-2026-1 in openssl 3.0.1 (fixed in 3.0.2; 30d old, 7d are allowed)".replace(
            "(", "\\("
        ).replace(")", "\\)")
    )
    assert lines_of(told, "### Open")[2:] == [
        "| critical | CVE-2026-1 | openssl | 3.0.1 | 3.0.2 | 2026-10-19T11:06:40Z | counts: CVE-2026-1 in openssl 3.0.1 is 30d old, 7d are allowed |",
        "| unknown | CVE-2026-6 | perl | - | 3.0.2 | 2026-11-18T11:06:40Z | open; the policy does not limit unknown |",
    ]
    assert lines_of(told, "### In grace")[2:] == [
        "| critical | CVE-2026-4 | bash | 3.0.1 | 3.0.2 | 2026-11-18T11:06:40Z | does not count yet: in grace until 2026-11-25T11:06:40Z |"
    ]
    assert len(lines_of(told, "### Without a fix")) == 4
    assert lines_of(told, "### Waived") == [
        "| Until | By | Reason | Vulnerability | Package | Severity |",
        "| --- | --- | --- | --- | --- | --- |",
        "| 2026-11-25 | alice | not reachable | CVE-2026-2 | curl | critical |",
    ]
    assert lines_of(told, "### Excused by VEX")[2:] == [
        "| not\\_affected | component\\_not\\_present | Team | CVE-2026-3 | zlib | critical |"
    ]
    assert "| CVE-2026-4 | bash | critical |" in lines_of(told, "### New since the last scan")
    assert lines_of(told, "### Gone since the last scan")[2:] == ["| CVE-2026-8 | curl | low |"]


def test_no_image_is_no_success():
    assert report([]) == "# Image scan\n\n**No image was scanned.**\n"
    assert "**1 image: 1 passed.**" in report([verdict()])


def test_a_second_scan_with_the_same_findings_makes_the_same_report():
    first = [verdict(finding()), verdict(subject=Subject("b:1"))]
    memory = remember({}, first, NOW)
    second = [verdict(finding(), memory=memory), verdict(subject=Subject("b:1"), memory=memory)]
    assert report(first) == report(second[::-1])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text_and_nothing_else(hostile):
    one = finding(hostile, hostile, installed=hostile, fixed=hostile, title=hostile)
    entry = waiver("CVE-2026-5", owner="x" + hostile, reason="x" + hostile)
    calm = finding("calm", "calm", installed="calm", fixed="calm", title="calm")
    calm_entry = waiver("CVE-2026-5", owner="x", reason="x")

    def shape(found, waivers):
        verdicts = [
            verdict(found, finding("CVE-2026-5"), waivers=waivers, notes=("note " + found.id,), system=found.id)
        ]
        told = report(verdicts, waivers)
        assert all(line.isprintable() for line in told.splitlines())
        assert not re.search(r"[<>]|https?://|www\.", told)
        return [(len(BAR.findall(line)), line[:3] if line[:1] in "#-*" else "") for line in told.split("\n")]

    assert shape(one, [entry]) == shape(calm, [calm_entry])


@given(st.text(min_size=1, max_size=60))
def test_any_text_can_be_read_back_from_what_is_shown(value):
    told = text(value)
    assert told.isprintable() and told
    assert "|" not in re.sub(r"\\.", "", told) and "`" not in re.sub(r"\\.", "", told)
    read = re.sub(r"\\([\\`*_{}\[\]()#+!|~$])", lambda found: "&#%d;" % ord(found.group(1)), told)
    assert html.unescape(read) == (plain(value, 2000) or "-") or "&" in value
