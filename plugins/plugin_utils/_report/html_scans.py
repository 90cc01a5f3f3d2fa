# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page that shows scans: the verdict at a glance, then image by image what counts, what does not, and why."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_overview import alert, tile
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_registries import bounded_table, notes_list
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.markup import Child, Html, join, tag
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans import (
    EXCUSED,
    FAILED,
    NOT_SCANNED,
    OTHER,
    PASSED,
    WAIVED,
    Finding,
    Gone,
    Image,
    Scan,
    Waiver,
    counted,
    read_scan,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.scans_text import on_hosts

# Images whose findings are shown, and findings of one image: a page must stay one that a browser opens.
DETAILED = 40
FINDINGS = 100
SEVERITY_CHIPS = {"critical": "bad", "high": "bad", "medium": "warn"}
WAIVER_CHIPS = {"expired": "bad", "expires soon": "warn"}
ASIDE = ((WAIVED, "Waived"), (EXCUSED, "Excused by VEX"), (OTHER, "Found, and does not count"))
FINDING_HEADER = ("Vulnerability", "Severity", "Package", "Score", "Since", "Why")


def scan_tiles(results: Mapping[str, Any]) -> List[Html]:
    """One for all scans, since the first screen has little room."""
    scans = [read_scan(name, results[name]) for name in results]
    if not scans:
        return []
    failed, unknown, passed = (
        sum(len(scan.having(status)) for scan in scans) for status in (FAILED, NOT_SCANNED, PASSED)
    )
    silent = [scan.name for scan in scans if not scan.told or not scan.images]
    figure = "%d failed" % failed if failed else "%d not scanned" % unknown if unknown else "%d passed" % passed
    rest = ["%d passed" % passed] if failed or unknown else []
    rest += ["%d not scanned" % unknown] if unknown and failed else []
    return [
        tile(
            "bad" if any(scan.kind == "bad" for scan in scans) or silent else "good",
            "Vulnerability scan",
            "no result" if len(silent) == len(scans) else figure,
            ", ".join(rest),
            "nothing is known of %s" % ", ".join(silent) if silent else _new_words(scans),
            tag("a", "image by image", href="#scan-0"),
        )
    ]


def _new_words(scans: Sequence[Scan]) -> str:
    new = sum(len(scan.new) for scan in scans)
    soon = sum(waiver.state != "unused" for scan in scans for waiver in scan.waivers)
    told = [counted(new, "new finding")] if new else []
    told += ["%s ended or ends soon" % counted(soon, "waiver")] if soon else []
    return ", ".join(told)


def scan_alerts(results: Mapping[str, Any]) -> Html:
    """What must not be overlooked: what nothing is known of comes before what failed."""
    scans = [read_scan(name, results[name]) for name in results]
    unknown = [(image.name, image.reason) for scan in scans for image in scan.having(NOT_SCANNED)]
    silent = [(scan.name, scan.problem or scan.sentence) for scan in scans if not scan.told or not scan.images]
    return alert(
        "bad",
        "Not scanned, so nothing is known of",
        ["%s: %s" % pair for pair in [*silent, *unknown]],
    )


def scan_sections(results: Mapping[str, Any]) -> Html:
    """A section per scan; see read_scan."""
    sections = [_scan(at, read_scan(name, results[name])) for at, name in enumerate(results)]
    return tag("section", tag("h2", "Vulnerabilities"), *sections) if sections else Html("")


def _scan(at: int, scan: Scan) -> Html:
    anchor = "scan-%d" % at
    failed, unknown, passed = (scan.having(status) for status in (FAILED, NOT_SCANNED, PASSED))
    when = " (%s)" % scan.finished if scan.finished else ""
    return tag(
        "section",
        tag("h3", scan.name, id=anchor + "-title", class_="title"),
        tag("p", scan.problem, class_="alert bad") if scan.problem else None,
        tag("p", "%s%s." % (scan.sentence, when), class_="soft"),
        _not_scanned(unknown),
        _failed(anchor, failed),
        _waivers(scan.waivers),
        _changes(scan),
        *[_image(anchor, place, image) for place, image in enumerate(failed[:DETAILED])],
        tag("p", "The findings of %d more images are in the result." % (len(failed) - DETAILED), class_="soft")
        if len(failed) > DETAILED
        else None,
        _passed(passed),
        notes_list(scan.notes),
        class_="card host scan",
        id=anchor,
        aria_labelledby=anchor + "-title",
    )


def _not_scanned(images: Sequence[Image]) -> Html:
    def cells(image: Image) -> List[Child]:
        reasons = "; ".join(image.reasons) or image.reason
        return [
            name(image.name),
            _chip("not scanned", "bad"),
            on_hosts(image.hosts),
            tag("span", reasons, class_="reason"),
        ]

    return bounded_table(
        "Not scanned: nothing is known of these", ["Image", "Verdict", "Hosts", "Why"], images, cells, ()
    )


def _failed(anchor: str, images: Sequence[Image]) -> Html:
    places = {id(image): place for place, image in enumerate(images[:DETAILED])}

    def cells(image: Image) -> List[Child]:
        place = places.get(id(image))
        shown = (
            name(image.name)
            if place is None
            else tag("a", image.name, href="#%s-image-%d" % (anchor, place), class_="name")
        )
        return [
            shown,
            on_hosts(image.hosts),
            *(str(count) for count in image.counts),
            tag("span", image.reason, class_="reason"),
        ]

    header = ["Image", "Hosts", *(one.capitalize() for one in SEVERITIES), "First reason"]
    return bounded_table("Failed, the worst first", header, images, cells, tuple(range(2, 2 + len(SEVERITIES))))


def _waivers(waivers: Sequence[Waiver]) -> Html:
    def cells(one: Waiver) -> List[Child]:
        return [
            name(one.id),
            _chip(one.state, WAIVER_CHIPS.get(one.state, "")),
            name(one.package or "every package"),
            name(", ".join(one.images) or "every image"),
            one.owner or "-",
            one.expires or "-",
            tag("span", one.reason or "-", class_="reason"),
        ]

    header = ["Waiver", "State", "Package", "Images", "Owner", "Expires", "Reason"]
    return bounded_table("Waivers to look at", header, waivers, cells, ())


def _changes(scan: Scan) -> Html:
    def new_cells(pair: Tuple[Image, Finding]) -> List[Child]:
        return [name(pair[1].id), _severity(pair[1].severity), name(pair[1].package), name(pair[0].name)]

    def gone_cells(pair: Tuple[Image, Gone]) -> List[Child]:
        return [name(pair[1].id), _severity(pair[1].severity), name(pair[1].package), name(pair[0].name)]

    header = ["Vulnerability", "Severity", "Package", "Image"]
    new = bounded_table("New since the last run", header, scan.new, new_cells, (), FINDINGS)
    gone = bounded_table("Gone since the last run", header, scan.gone, gone_cells, (), FINDINGS)
    return join(
        [
            _folded("New since the last run", len(scan.new), new),
            _folded("Gone since the last run", len(scan.gone), gone),
        ]
    )


def _image(anchor: str, place: int, image: Image) -> Html:
    """One image that failed: who runs it, why it failed, what counts, and folded what does not."""
    here = "%s-image-%d" % (anchor, place)
    counts = ["%d %s" % (count, word) for count, word in zip(image.counts, SEVERITIES) if count]
    facts = [
        ("Digest", name(" ".join((image.digest, image.platform)).strip()) if image.digest else None),
        ("Also called", name(", ".join(image.others)) if image.others else None),
        ("Hosts", ", ".join(image.hosts) or None),
        ("Counts", ", ".join(counts) or None),
        ("Scanned by", ", ".join(one for one in (image.scanner, image.system) if one) or None),
    ]
    return tag(
        "section",
        tag("h4", name(image.name), " ", _chip("failed", "bad"), id=here + "-title"),
        tag("ul", *[tag("li", told) for told in (*(image.reasons or (image.reason,)), *image.notes)], class_="plain"),
        tag("dl", *[join([tag("dt", word), tag("dd", told)]) for word, told in facts if told], class_="audit"),
        _findings("Findings that count", [one for one in image.findings if one.counted]),
        *[_folded(title, len(found), _findings(title, found)) for title, found in _set_aside(image)],
        class_="image",
        id=here,
        aria_labelledby=here + "-title",
    )


def _set_aside(image: Image) -> List[Tuple[str, List[Finding]]]:
    return [(title, image.aside(kind)) for kind, title in ASIDE]


def _findings(title: str, findings: Sequence[Finding]) -> Html:
    return bounded_table(title, FINDING_HEADER, findings, _finding_cells, (), FINDINGS, "plan findings")


def _finding_cells(one: Finding) -> List[Child]:
    return [
        join([name(one.id), " ", _chip("new", "warn") if one.new else None, tag("span", one.title, class_="about")]),
        join([_severity(one.severity), " ", _chip("exploited", "bad") if one.exploited else None]),
        join([name(one.package), " ", tag("span", one.versions, class_="about")]),
        one.score or "-",
        show_moment(one.since)[:10] or "-",
        tag("span", one.why or "-", class_="reason"),
    ]


def _passed(images: Sequence[Image]) -> Html:
    """Folded: they are most, and nobody has to act."""

    def cells(image: Image) -> List[Child]:
        return [
            name(image.name),
            on_hosts(image.hosts),
            ", ".join("%d %s" % (count, word) for count, word in zip(image.counts, SEVERITIES) if count) or "-",
            *(str(count) for count in (image.in_grace, image.waived, image.excused)),
            tag("span", image.reason, class_="reason"),
        ]

    header = ["Image", "Hosts", "Found", "In grace", "Waived", "Excused", "Why"]
    return _folded("Passed", len(images), bounded_table("Passed", header, images, cells, (3, 4, 5)))


def _folded(title: str, number: int, body: Html) -> Optional[Html]:
    return tag("details", tag("summary", "%s (%d)" % (title, number)), body) if number else None


def _severity(word: str) -> Html:
    return _chip(word, SEVERITY_CHIPS.get(word, ""))


def _chip(words: str, kind: str) -> Html:
    return tag("span", words, class_=("chip " + kind).strip())


def name(words: str) -> Html:
    """What people copy."""
    return tag("span", words, class_="name")
