# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One image judged by the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan import compare, reasons
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.exploitability import about, by_name
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import EVERYTHING, Listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import Waiver
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import Judged, weigh
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain

PASSED, FAILED, NOT_SCANNED = "passed", "failed", "not_scanned"
# Sentences may name several findings.
MAX_SENTENCE = 2000


@dataclass(frozen=True)
class Verdict:
    """`status` is one of the three words above; `reasons` say why, `notes` what else is to be known, in sentences.

    `judged` are the listed findings, `seen` all of them with the epoch second each was first seen. `since` is when the scan was that
    `gone` and the changes are told against, None when there was none. `waivers` and `statements` are those that are about a finding,
    listed or not, in force or not. `digests` are all that the image is known by. `by_policy` is whether there was one to judge by.
    """

    subject: Subject
    status: str
    reasons: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()
    judged: Tuple[Judged, ...] = ()
    left_out: int = 0
    seen: Tuple[Tuple[Finding, int], ...] = ()
    gone: Tuple[compare.Gone, ...] = ()
    since: Optional[int] = None
    packages: Optional[int] = None
    scanner: str = ""
    system: Optional[str] = None
    waivers: Tuple[Waiver, ...] = ()
    statements: Tuple[Statement, ...] = ()
    digests: Tuple[str, ...] = ()
    by_policy: bool = False


def judge(
    subject: Subject,
    scanned: Optional[Scanned],
    problem: Optional[str],
    policy: Policy,
    waivers: Sequence[Waiver],
    statements: Sequence[Statement],
    memory: Mapping[str, Any],
    now: int,
    listing: Listing = EVERYTHING,
) -> Verdict:
    """`problem` is why there is no scan (then `scanned` may be None), `memory` as decode_memory() gives it, `now` epoch seconds.

    Failed is what exceeds a limit, not scanned what proves nothing; the rest passed.
    """
    digests = _digests(subject, scanned)
    if problem is not None or scanned is None:
        reason = plain(problem or "the scanner told nothing", MAX_SENTENCE)
        scanner = scanned.scanner if scanned else ""
        return Verdict(subject, NOT_SCANNED, (reason,), scanner=scanner, digests=digests, by_policy=policy.given)
    record = compare.last_scan(memory, subject)
    found = _weighed(subject, scanned, policy, waivers, statements, memory, now, digests)
    judged, by_severity, by_fix = _listed(found.judged, listing)
    failing, nothing = reasons.exceeded(judged, policy, now), reasons.unproven(scanned)
    status = FAILED if failing else NOT_SCANNED if nothing else PASSED
    told = [*failing, *nothing] or reasons.held(judged, policy)
    notes = [
        *reasons.set_aside(judged, policy),
        *reasons.unlimited(judged, policy),
        *reasons.left_out(by_severity, by_fix, listing),
        *found.notes,
        *_about_memory(memory, subject, policy, found.judged),
        *scanned.notes,
    ]
    return Verdict(
        subject=subject,
        status=status,
        reasons=tuple(plain(one, MAX_SENTENCE) for one in told),
        notes=tuple(plain(one, MAX_SENTENCE) for one in notes),
        judged=judged,
        left_out=len(by_severity) + len(by_fix),
        seen=tuple((one.finding, one.first_seen) for one in found.judged),
        gone=() if nothing else _listed_gone(compare.gone(record, scanned.findings), listing),
        since=None if record is None else record["at"],
        packages=scanned.packages,
        scanner=scanned.scanner,
        system=scanned.system,
        waivers=found.waivers,
        statements=found.statements,
        digests=digests,
        by_policy=policy.given,
    )


def _digests(subject: Subject, scanned: Optional[Scanned]) -> Tuple[str, ...]:
    """All that it is known by: its own, those of its names, those that the scanner saw."""
    named = [one.digest for one in subject.parsed]
    told = [subject.digest, *named, *(scanned.image.digests if scanned else ())]
    return tuple(sorted({one for one in told if one is not None}))


@dataclass(frozen=True)
class _Found:
    """All findings, what is about one of them, and what to know of that."""

    judged: Tuple[Judged, ...]
    waivers: Tuple[Waiver, ...]
    statements: Tuple[Statement, ...]
    notes: Tuple[str, ...]


def _weighed(
    subject: Subject,
    scanned: Scanned,
    policy: Policy,
    waivers: Sequence[Waiver],
    statements: Sequence[Statement],
    memory: Mapping[str, Any],
    now: int,
    digests: Sequence[str],
) -> _Found:
    known = compare.known_keys(compare.last_scan(memory, subject))
    named = by_name(statements)
    misses = {one: one.misses(subject) for one in waivers}
    judged: List[Judged] = []
    # Dictionaries for their order.
    used_waivers: Dict[Waiver, None] = {}
    used_statements: Dict[Statement, None] = {}
    notes: Dict[str, None] = {}
    for finding in scanned.findings:
        naming = [one for one in waivers if one.names(finding)]
        covering = [one for one in naming if not misses[one]]
        telling = about(named, finding, subject, digests)
        used_waivers.update(dict.fromkeys(covering))
        used_statements.update(dict.fromkeys(telling))
        notes.update(dict.fromkeys(_not_everywhere(one, misses[one], subject) for one in naming if misses[one]))
        first = compare.first_seen(memory, subject, finding, now)
        change = compare.change(finding, known)
        judged.append(weigh(finding, first, change, policy, covering, telling, now))
    return _Found(tuple(judged), tuple(used_waivers), tuple(used_statements), tuple(one for one in notes if one))


def _not_everywhere(waiver: Waiver, missed: Sequence[str], subject: Subject) -> str:
    """Nothing for a waiver of other images; one that is for some names only would seem to be ignored."""
    if len(missed) == len(subject.names):
        return ""
    words = "the waiver of %s for %s is not used, since this image is also %s, which its images leave out"
    return words % (plain(waiver.owner), plain(waiver.id), plain(", ".join(missed)))


def _listed(judged: Sequence[Judged], listing: Listing) -> Tuple[Tuple[Judged, ...], List[Finding], List[Finding]]:
    """What is listed, and what is not for its severity or for want of a fix."""
    by_severity = [one.finding for one in judged if one.finding.severity not in listing.severities]
    rest = [one for one in judged if one.finding.severity in listing.severities]
    if not listing.only_fixed:
        return tuple(rest), by_severity, []
    by_fix = [one.finding for one in rest if not one.finding.fixed]
    return tuple(one for one in rest if one.finding.fixed), by_severity, by_fix


def _listed_gone(gone: Sequence[compare.Gone], listing: Listing) -> Tuple[compare.Gone, ...]:
    return tuple(one for one in gone if one.severity in listing.severities and (one.fixable or not listing.only_fixed))


def _about_memory(
    memory: Mapping[str, Any], subject: Subject, policy: Policy, judged: Sequence[Judged]
) -> Iterator[str]:
    """Grace that begins now since nothing is remembered may have begun long ago."""
    if any(one.finding.severity in policy.grace for one in judged) and not compare.is_remembered(memory, subject):
        words = "no earlier scan of %s is remembered, so the grace of its findings begins now"
        yield words % ", ".join(subject.repositories)
