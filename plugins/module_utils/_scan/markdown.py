# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as a report to read: the verdict first, then why, what counts, what is waived until when and by whom, what changed.

It holds no time of the run, so that the same results make the same report.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.compare import NEW
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, PASSED
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import (
    COUNTED,
    EXCUSED,
    IN_GRACE,
    WAIVED,
    WITHOUT_FIX,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

Row = Mapping[str, Any]
WORDS = {PASSED: "passed", FAILED: "failed", NOT_SCANNED: "not scanned"}
# Everything that Markdown or HTML reads as more than itself, bare addresses and mentions among it.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~$]")
_LINKING = re.compile(r"(?i)(?:(?<=http)|(?<=https)|(?<=ftp)):(?=//)|(?<=www)\.|@")
# What begins a list, a line or a heading of what stands first in a list.
_LEADING = re.compile(r"^(?:[-=]|[0-9]+(?=\.(?: |$)))")


def text(value: Any) -> str:
    """Any text as text and nothing else: one line, no markup, no HTML, no links."""
    told = "" if value is None else plain(value, 2000)
    if not told:
        return "-"
    told = told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    told = _SPECIAL.sub(lambda found: "\\" + found.group(), told)
    told = _LINKING.sub(lambda found: "&#%d;" % ord(found.group()), told)
    return _LEADING.sub(lambda found: "".join("&#%d;" % ord(one) for one in found.group()), told)


def markdown(rows: Sequence[Row], summary: Mapping[str, Any]) -> str:
    """The report of `results` and `summary`."""
    lines = ["# Image scan", "", _verdict(summary), ""]
    lines += _notes(summary)
    if rows:
        heads = (
            "Image",
            "Verdict",
            *(one.capitalize() for one in SEVERITIES),
            "In grace",
            "Waived",
            "Excused",
            "No fix",
        )
        parts = (*SEVERITIES, IN_GRACE, WAIVED, EXCUSED, WITHOUT_FIX)
        lines += _table(heads, [[row["image"], WORDS[row["status"]], *_figures(row, parts)] for row in rows])
    for row in rows:
        lines += _image(row)
    return "\n".join(lines).rstrip("\n") + "\n"


def _figures(row: Row, parts: Sequence[str]) -> List[Any]:
    """Zeros of an image that was not scanned would say that nothing is there."""
    blind = row["status"] == NOT_SCANNED and not row["findings"]
    return ["?" if blind else row["counts"][one] for one in parts]


def _verdict(summary: Mapping[str, Any]) -> str:
    images = summary["images"]
    told = ["%d %s" % (summary[one], WORDS[one]) for one in (FAILED, NOT_SCANNED, PASSED) if summary[one]]
    if not images:
        return "**No image was scanned.**"
    return "**%d %s: %s.**" % (images, "image" if images == 1 else "images", ", ".join(told))


def _notes(summary: Mapping[str, Any]) -> List[str]:
    lines = [
        "- %s: %s for %s%s, %s%s (%s)"
        % (
            title,
            text(one["owner"]),
            text(one["id"]),
            " in " + text(one["package"]) if one["package"] else "",
            ending,
            text(one["expires"]),
            text(one["reason"]),
        )
        for key, title, ending in (
            ("waivers_expired", "Waiver that ended, its findings count again", "until "),
            ("waivers_expiring", "Waiver that ends soon", "until "),
            ("waivers_unused", "Waiver that no finding needs", "until "),
        )
        for one in summary[key]
    ]
    lines += [
        "- VEX statement that no finding needs: %s says %s of %s (%s)"
        % (text(one["author"]), text(one["status"]), text(one["id"]), text(one["where"]))
        for one in summary["vex_unused"]
    ]
    lines += ["- %s" % text(one) for one in summary["notes"]]
    return [*lines, ""] if lines else []


def _image(row: Row) -> Iterator[str]:
    yield from ("", "## %s: %s" % (text(row["image"]), WORDS[row["status"]]), "")
    for reason in row["reasons"]:
        yield "- %s" % text(reason)
    for note in row["notes"]:
        yield "- Note: %s" % text(note)
    yield from ("", *_about(row))
    by_part = {
        part: [one for one in row["findings"] if one["part"] == part] for part in (COUNTED, IN_GRACE, WITHOUT_FIX)
    }
    yield from _section("Open", _finding_heads("Why"), [_finding(one, one["why"]) for one in by_part[COUNTED]])
    yield from _section("In grace", _finding_heads("Why"), [_finding(one, one["why"]) for one in by_part[IN_GRACE]])
    yield from _section(
        "Without a fix", _finding_heads("Why"), [_finding(one, one["why"]) for one in by_part[WITHOUT_FIX]]
    )
    waived = [one for one in row["findings"] if one["part"] == WAIVED]
    yield from _section(
        "Waived",
        ("Until", "By", "Reason", "Vulnerability", "Package", "Severity"),
        [[*(one["waived"][key] for key in ("expires", "owner", "reason")), *_named(one)] for one in waived],
    )
    excused = [one for one in row["findings"] if one["part"] == EXCUSED]
    yield from _section(
        "Excused by VEX",
        ("Status", "Justification", "Author", "Vulnerability", "Package", "Severity"),
        [[*(one["vex"][key] for key in ("status", "justification", "author")), *_named(one)] for one in excused],
    )
    yield from _changes(row)


def _about(row: Row) -> Iterator[str]:
    yield from _table(
        ("Digest", "Platform", "Names", "Hosts", "System", "Packages", "Scanner"),
        [
            [
                row["digest"],
                row["platform"],
                ", ".join(row["references"]),
                ", ".join(row["hosts"]),
                row["system"],
                row["packages"],
                row["scanner"],
            ]
        ],
    )


def _changes(row: Row) -> Iterator[str]:
    """Nothing for the first scan, of which everything is new."""
    if row["changes"]["since"] is None:
        return
    heads = ("Vulnerability", "Package", "Severity")
    new = [one for one in row["findings"] if one["change"] == NEW]
    yield from _section("New since the last scan", heads, [_named(one) for one in new])
    yield from _section("Gone since the last scan", heads, [_named(one) for one in row["gone"]])


def _named(finding: Row) -> List[Any]:
    return [finding["id"], finding["package"], finding["severity"]]


def _finding_heads(last: str) -> Sequence[str]:
    return ("Severity", "Vulnerability", "Package", "Installed", "Fixed in", "First seen", last)


def _finding(finding: Row, why: str) -> List[Any]:
    keys = ("severity", "id", "package", "installed", "fixed", "first_seen")
    return [*(finding[key] for key in keys), why]


def _section(title: str, heads: Sequence[str], cells: Sequence[Sequence[Any]]) -> Iterator[str]:
    if cells:
        yield from ("", "### %s" % title, "", *_table(heads, cells))


def _table(heads: Sequence[str], cells: Sequence[Sequence[Any]]) -> List[str]:
    lines = [list(heads), ["---"] * len(heads), *([text(cell) for cell in line] for line in cells)]
    return ["| %s |" % " | ".join(line) for line in lines]
