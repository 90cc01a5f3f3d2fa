# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as metrics in Prometheus' text format 0.0.4."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.metric_text import escaped
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, PASSED
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import (
    EXCUSED,
    IN_GRACE,
    WAIVED,
    WITHOUT_FIX,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

PREFIX = "imagefleet_scan_"
Labels = Dict[str, str]
Sample = Tuple[Labels, int]
Family = Tuple[str, str, List[Sample]]
ASIDE = (
    (WAIVED, "Findings that are waived."),
    (EXCUSED, "Findings that a VEX statement excuses."),
    (IN_GRACE, "Findings in their grace."),
    (WITHOUT_FIX, "Findings that are not weighed, since no version has a fix."),
)
WAIVERS = ("expired", "expiring", "unused")


def metric_lines(rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], name: str) -> List[str]:
    """`name` is the label that tells this scan from others on the same host."""
    lines = []
    for family, help_line, samples in _families(rows, summary):
        if samples:
            lines += ["# HELP %s%s %s" % (PREFIX, family, help_line), "# TYPE %s%s gauge" % (PREFIX, family)]
        for labels, value in samples:
            told = ",".join('%s="%s"' % (key, escaped(plain(one))) for key, one in {"name": name, **labels}.items())
            lines.append("%s%s{%s} %d" % (PREFIX, family, told, value))
    return lines


def _families(rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> Iterator[Family]:
    statuses = (PASSED, FAILED, NOT_SCANNED)
    yield "images", "Images by verdict.", [({"status": one}, summary[one]) for one in statuses]
    yield (
        "status",
        "1 for the verdict of an image.",
        [({**_image(row), "status": one}, int(row["status"] == one)) for row in rows for one in statuses],
    )
    # No numbers of what was not scanned: a zero would say that nothing was found.
    scanned = [row for row in rows if row["status"] != NOT_SCANNED]
    yield (
        "findings",
        "Findings that count, by severity.",
        [({**_image(row), "severity": one}, row["counts"][one]) for row in scanned for one in SEVERITIES],
    )
    yield "fixable", "Findings that count and have a fix.", [(_image(row), row["counts"]["fixable"]) for row in scanned]
    for part, help_line in ASIDE:
        yield part, help_line, [(_image(row), row["counts"][part]) for row in scanned]
    yield "new", "Findings that the last scan did not see.", [(_image(row), row["changes"]["new"]) for row in scanned]
    yield "gone", "Findings of the last scan that are gone.", [(_image(row), row["changes"]["gone"]) for row in scanned]
    yield (
        "oldest_finding_timestamp_seconds",
        "When the oldest finding that counts was first seen.",
        [(_image(row), _oldest(row)) for row in scanned if any(one["counted"] for one in row["findings"])],
    )
    yield "waivers", "Waivers to look at.", [({"state": one}, len(summary["waivers_" + one])) for one in WAIVERS]
    yield "vex_unused", "VEX statements that no finding needs.", [({}, len(summary["vex_unused"]))]


def _image(row: Mapping[str, Any]) -> Labels:
    """The platform tells images of one index apart."""
    return {"image": row["image"], "digest": row["digest"] or "", "platform": row["platform"] or ""}


def _oldest(row: Mapping[str, Any]) -> int:
    return min(parse_time(one["first_seen"]) for one in row["findings"] if one["counted"])
