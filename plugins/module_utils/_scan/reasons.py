# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an image passed or failed, in sentences with numbers and names."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import (
    COUNTED,
    EXCUSED,
    IN_GRACE,
    WAIVED,
    WITHOUT_FIX,
    Judged,
    name_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

# More names hide the number; all of them are among the findings.
NAMED = 5


def exceeded(judged: Sequence[Judged], policy: Policy, now: int) -> List[str]:
    """One sentence for each limit that is."""
    sentences = []
    for severity, limit in policy.limits.items():
        counted = _of(judged, COUNTED, severity)
        if len(counted) > limit:
            names = [_told(one, policy, now) for one in counted[:NAMED]]
            if len(counted) > NAMED:
                names.append("and %d more" % (len(counted) - NAMED))
            sentences.append(
                "%s, %d %s allowed: %s"
                % (_count(len(counted), severity), limit, "is" if limit == 1 else "are", ", ".join(names))
            )
    return sentences


def held(judged: Sequence[Judged], policy: Policy) -> List[str]:
    """One sentence for each limit, of an image that keeps them all."""
    if not policy.given:
        return ["no policy"]
    return [
        "%s, %d %s allowed"
        % (_count(len(_of(judged, COUNTED, severity)), severity), limit, "is" if limit == 1 else "are")
        for severity, limit in policy.limits.items()
    ]


def unproven(scanned: Scanned) -> List[str]:
    """Why that nothing was found proves nothing, when it does not."""
    scanner = plain(scanned.scanner) or "the scanner"
    if scanned.packages == 0:
        return [
            "%s read 0 packages, so nothing is known of this image; scan it with a scanner that knows its packages"
            % scanner
        ]
    if scanned.packages is None and not scanned.findings:
        words = "%s found nothing and does not tell how many packages it read, so this proves nothing; scan it with another one"
        return [words % scanner]
    return list(scanned.gaps)


def set_aside(judged: Sequence[Judged], policy: Policy) -> Iterator[str]:
    """What was found and does not count."""
    waived, excused = _of(judged, WAIVED), _of(judged, EXCUSED)
    if waived:
        yield "%s waived: %s" % (_are(len(waived)), _names(waived))
    if excused:
        yield "%s excused by VEX: %s" % (_are(len(excused)), _names(excused))
    unfixed = _of(judged, WITHOUT_FIX)
    if unfixed:
        yield "%s not weighed, since no version has a fix and fixable_only is set" % _are(len(unfixed))
    in_grace = _of(judged, IN_GRACE)
    if in_grace:
        ends = min(one.first_seen + policy.grace[one.finding.severity] for one in in_grace)
        yield "%s in grace, the first until %s: %s" % (_are(len(in_grace)), told_time(ends), _names(in_grace))


def unlimited(judged: Sequence[Judged], policy: Policy) -> Iterator[str]:
    """What has no severity must not pass for harmless."""
    unknown = len(_of(judged, COUNTED, "unknown"))
    if policy.given and unknown and "unknown" not in policy.limits:
        words = "%s of unknown severity and %s against no limit; policy.max.unknown sets one"
        yield words % (_are(unknown), "counts" if unknown == 1 else "count")


def left_out(by_severity: Sequence[Finding], by_fix: Sequence[Finding], listing: Listing) -> Iterator[str]:
    """What the module options keep out of the lists."""
    if by_severity:
        counts = Counter(one.severity for one in by_severity)
        told = ", ".join("%d %s" % (counts[one], one) for one in SEVERITIES if counts[one])
        listed = ", ".join(listing.severities)
        yield "%s left out, since severities lists only %s: %s" % (_are(len(by_severity)), listed, told)
    if by_fix:
        yield "%s left out, since no version has a fix and only_fixed is set" % _are(len(by_fix))


def _of(judged: Sequence[Judged], part: str, severity: str = "") -> List[Judged]:
    return [one for one in judged if one.part == part and severity in ("", one.finding.severity)]


def _count(number: int, severity: str) -> str:
    return "%d %s %s" % (number, severity, "counts" if number == 1 else "count")


def _are(number: int) -> str:
    return "1 finding is" if number == 1 else "%d findings are" % number


def _names(judged: Sequence[Judged]) -> str:
    names = list(dict.fromkeys(name_of(one.finding) for one in judged))
    return ", ".join(names[:NAMED] + (["and %d more" % (len(names) - NAMED)] if len(names) > NAMED else []))


def _told(one: Judged, policy: Policy, now: int) -> str:
    details = ["fixed in %s" % plain(one.finding.fixed) if one.finding.fixed else "no fix"]
    grace = policy.grace.get(one.finding.severity)
    if grace is not None:
        age = format_duration(now - one.first_seen)
        details.append("%s old, %s are allowed" % (age, format_duration(grace)))
    return "%s (%s)" % (name_of(one.finding), "; ".join(details))
