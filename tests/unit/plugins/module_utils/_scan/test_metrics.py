# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics, read as Prometheus reads them."""

from __future__ import annotations

import re

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.metrics import metric_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.rows import rows, summary
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._scan.scan_samples import (
    DIGEST,
    HOSTILE,
    NAME,
    NOW,
    finding,
    fleet,
    verdict,
)

SAMPLE = re.compile(r'(?P<name>[a-z_:]+)\{(?P<labels>(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (?P<value>[0-9]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"')


def read(lines):
    """(name, labels) -> value; every family announced once, its samples together, no sample twice."""
    found, announced = {}, []
    for line in lines:
        if line.startswith("# TYPE "):
            announced.append(line.split(" ")[2])
            assert line == "# TYPE %s gauge" % announced[-1]
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            assert sample["name"] == announced[-1]
            key = (sample["name"], tuple(LABEL.findall(sample["labels"])))
            assert key not in found
            found[key] = int(sample["value"])
    assert len(set(announced)) == len(announced)
    return found


def metrics(verdicts, waivers=(), statements=(), name="nightly"):
    return read(metric_lines(rows(verdicts), summary(verdicts, waivers, statements, NOW), name))


def image(name=NAME, digest=DIGEST, platform="linux/amd64", **more):
    return (("name", "nightly"), ("image", name), ("digest", digest), ("platform", platform), *more.items())


def test_a_fleet():
    found = metrics(*fleet())
    scan = "imagefleet_scan_"
    assert [
        found[scan + "images", (("name", "nightly"), ("status", one))] for one in ("passed", "failed", "not_scanned")
    ] == [1, 1, 1]
    assert [found[scan + "status", image(status=one)] for one in ("passed", "failed", "not_scanned")] == [0, 1, 0]
    severities = ("critical", "high", "medium", "low", "unknown")
    assert [found[scan + "findings", image(severity=one)] for one in severities] == [1, 0, 0, 0, 1]
    assert {key[0][len(scan) :]: value for key, value in found.items() if key[1] == image()} == {
        "fixable": 2, "waived": 1, "excused": 1, "in_grace": 1, "without_fix": 2, "new": 6, "gone": 1,
        "oldest_finding_timestamp_seconds": NOW - 30 * 86400,
    }  # fmt: skip
    assert [
        found[scan + "waivers", (("name", "nightly"), ("state", one))] for one in ("expired", "expiring", "unused")
    ] == [1, 1, 1]
    assert found[scan + "vex_unused", (("name", "nightly"),)] == 1


def test_what_was_not_scanned_has_a_verdict_and_no_numbers():
    found = metrics(*fleet())
    blind = {key[0] for key in found if ("image", "registry.example.com/team/blind:1") in key[1]}
    assert blind == {"imagefleet_scan_status"}


def test_an_image_without_findings_has_zeros_and_no_oldest():
    found = metrics([verdict()])
    assert found["imagefleet_scan_findings", image(severity="critical")] == 0
    assert not any("oldest" in name for name, _labels in found)


def test_nothing_scanned():
    assert metrics([])["imagefleet_scan_images", (("name", "nightly"), ("status", "failed"))] == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_one_label_of_one_line(text):
    found = metrics([verdict(finding(), subject=Subject("x" + text, digest=text))], name="x" + text)
    for _name, labels in found:
        assert [key for key, _value in labels][0] == "name"
        assert all(value.isprintable() for _key, value in labels)
    calm = metrics([verdict(finding(), subject=Subject("x", digest="x"))], name="x")
    assert len(found) == len(calm)
