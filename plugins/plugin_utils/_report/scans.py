# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scan told of the images of a fleet, as values fit to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.unwrap import unwrap
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.values import (
    mapping,
    number,
    sequence,
    text,
    texts,
)

PASSED, FAILED, NOT_SCANNED = "passed", "failed", "not_scanned"
WAIVED, EXCUSED, OTHER = "waived", "excused", "other"
LONG = 1000
# Parts of `summary`, and what is shown of them.
WAIVERS = (("waivers_expired", "expired"), ("waivers_expiring", "expires soon"), ("waivers_unused", "unused"))


@dataclass(frozen=True)
class Finding:
    """One vulnerability in one package. `since` ISO 8601; `aside` is what keeps it from counting: WAIVED, EXCUSED or OTHER, else empty."""

    id: str
    title: str
    package: str
    installed: str
    fixed: str
    severity: str
    score: str
    exploited: bool
    since: str
    new: bool
    why: str
    aside: str

    @property
    def counted(self) -> bool:
        return not self.aside

    @property
    def versions(self) -> str:
        """What is there, and what it takes."""
        return "%s → %s" % (self.installed or "?", self.fixed or "no fix")


@dataclass(frozen=True)
class Gone:
    """A finding that the last scan had."""

    id: str
    package: str
    severity: str


@dataclass(frozen=True)
class Image:
    """One digest. What has no verdict that is known counts as not scanned; `counts` are in the order of SEVERITIES."""

    name: str
    others: Tuple[str, ...]
    digest: str
    platform: str
    hosts: Tuple[str, ...]
    status: str
    reasons: Tuple[str, ...]
    notes: Tuple[str, ...]
    counts: Tuple[int, ...]
    in_grace: int
    waived: int
    excused: int
    scanner: str
    system: str
    findings: Tuple[Finding, ...]
    gone: Tuple[Gone, ...]

    @property
    def reason(self) -> str:
        """The first one."""
        return self.reasons[0] if self.reasons else "no reason was given"

    def aside(self, kind: str) -> List[Finding]:
        """Findings that do not count for that reason."""
        return [one for one in self.findings if one.aside == kind]


@dataclass(frozen=True)
class Waiver:
    """`state` in words."""

    state: str
    id: str
    package: str
    images: Tuple[str, ...]
    owner: str
    expires: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """One result. `told` is false when there is none; `problem` is what went wrong, empty when nothing did."""

    name: str
    told: bool
    finished: str
    problem: str
    images: Tuple[Image, ...]
    waivers: Tuple[Waiver, ...]
    notes: Tuple[str, ...]

    def having(self, status: str) -> List[Image]:
        """Images with that status, the worst first."""
        found = [image for image in self.images if image.status == status]
        return sorted(found, key=lambda image: ([-count for count in image.counts], -len(image.hosts), image.name))

    @property
    def hosts(self) -> int:
        return len({host for image in self.images for host in image.hosts})

    @property
    def kind(self) -> str:
        """How it looks at a glance: what is not known is never good."""
        return "bad" if self.problem or not self.told or self.having(FAILED) or self.having(NOT_SCANNED) else "good"

    @property
    def new(self) -> List[Tuple[Image, Finding]]:
        """What the last scan did not have and counts, the worst first."""
        found = [(image, one) for image in self.images for one in image.findings if one.new and one.counted]
        return sorted(found, key=lambda pair: (_rank(pair[1].severity), pair[1].id, pair[0].name))

    @property
    def gone(self) -> List[Tuple[Image, Gone]]:
        """What only the last scan had."""
        found = [(image, one) for image in self.images for one in image.gone]
        return sorted(found, key=lambda pair: (_rank(pair[1].severity), pair[1].id, pair[0].name))

    @property
    def sentence(self) -> str:
        """The verdict, without its full stop."""
        if not self.told:
            return "no result, so nothing is known"
        if not self.images:
            return "no image was asked about, so nothing is known"
        where = " in use on %s" % counted(self.hosts, "host") if self.hosts else ""
        told = ["%d passed" % len(self.having(PASSED)), "%d failed" % len(self.having(FAILED))]
        return "%s%s: %s" % (
            counted(len(self.images), "image"),
            where,
            ", ".join([*told, "%d not scanned" % len(self.having(NOT_SCANNED))]),
        )


def counted(number_of: int, word: str) -> str:
    """`1 host`, `2 hosts`."""
    return "%d %s%s" % (number_of, word, "" if number_of == 1 else "s")


def read_scan(name: str, raw: Any) -> Scan:
    """`raw` is a result of scout_scan, also of one that failed, or a report of the host command."""
    result, finished, problem = unwrap(raw, "results")
    told = mapping(result)
    summary = mapping(told.get("summary"))
    images = tuple(_image(mapping(one)) for one in sequence(told.get("results")))
    return Scan(
        name=text(name),
        told=bool(told),
        finished=show_moment(text(finished)),
        problem=problem or ("" if told else "It gave no result."),
        images=images,
        waivers=tuple(_waiver(words, one) for key, words in WAIVERS for one in sequence(summary.get(key))),
        notes=tuple(dict.fromkeys((*texts(told.get("notes"), LONG), *texts(summary.get("notes"), LONG)))),
    )


def _image(row: Mapping[str, Any]) -> Image:
    status = row.get("status")
    known = status in (PASSED, FAILED, NOT_SCANNED)
    changes = mapping(row.get("changes"))
    # In a first scan everything would be new.
    compared = bool(changes.get("since")) or "since" not in changes
    counts = mapping(row.get("counts"))
    name = text(row.get("image")) or text(row.get("digest")) or "(no name)"
    reasons = texts(row.get("reasons"), LONG)
    return Image(
        name=name,
        others=tuple(one for one in texts(row.get("references")) if one != name),
        digest=text(row.get("digest")),
        platform=text(row.get("platform")),
        hosts=texts(row.get("hosts")),
        status=str(status) if known else NOT_SCANNED,
        reasons=reasons
        if known
        else ("it has no verdict that is known: %s" % (text(status) or "none at all"), *reasons),
        notes=texts(row.get("notes"), LONG),
        counts=tuple(number(counts.get(one)) for one in SEVERITIES),
        in_grace=number(counts.get("in_grace")),
        waived=number(counts.get("waived")),
        excused=number(counts.get("excused")),
        scanner=text(row.get("scanner")),
        system=text(row.get("system")),
        findings=tuple(
            sorted(
                (_finding(mapping(one), compared) for one in sequence(row.get("findings"))),
                key=lambda one: _rank(one.severity),
            )
        ),
        gone=tuple(
            Gone(text(one.get("id")), text(one.get("package")), _severity(one.get("severity")))
            for one in map(mapping, sequence(row.get("gone")))
        ),
    )


def _finding(row: Mapping[str, Any], compared: bool) -> Finding:
    part = row.get("part")
    aside = part if part in (WAIVED, EXCUSED) else OTHER
    return Finding(
        id=text(row.get("id")) or "(no id)",
        title=text(row.get("title")),
        package=text(row.get("package")),
        installed=text(row.get("installed")),
        fixed=text(row.get("fixed")),
        severity=_severity(row.get("severity")),
        score=_score(row),
        exploited=row.get("kev") is True,
        since=text(row.get("first_seen")),
        new=compared and row.get("change") == "new",
        why=text(row.get("why"), LONG),
        # What does not say that it does not count, counts.
        aside=aside if row.get("counted") is False else "",
    )


def _score(row: Mapping[str, Any]) -> str:
    told = ["CVSS %.1f" % row["score"]] if _is_number(row.get("score")) else []
    told += ["EPSS %.1f %%" % (100 * row["epss"])] if _is_number(row.get("epss")) else []
    return ", ".join(told)


def _is_number(value: Any) -> bool:
    """Of those that scores are."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10


def _severity(value: Any) -> str:
    return value if value in SEVERITIES else "unknown"


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


def _waiver(state: str, raw: Any) -> Waiver:
    row = mapping(raw)
    return Waiver(
        state=state,
        id=text(row.get("id")) or text(raw),
        package=text(row.get("package")),
        images=texts(row.get("images")),
        owner=text(row.get("owner")),
        expires=text(row.get("expires")),
        reason=text(row.get("reason")),
    )
