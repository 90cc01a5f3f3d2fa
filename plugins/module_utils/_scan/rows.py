# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as the dictionaries that the module returns."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.compare import NEW, STILL
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.exploitability import may_concern
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import (
    FAILED,
    NOT_SCANNED,
    PASSED,
    Verdict,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import LONG, SOON, Waiver, latest
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.weighing import (
    COUNTED,
    EXCUSED,
    IN_GRACE,
    WAIVED,
    WITHOUT_FIX,
    Judged,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.words import plain, sound


def rows(verdicts: Iterable[Verdict]) -> List[Dict[str, Any]]:
    """All of `results`, in the order of image names and digests."""
    ordered = sorted(
        verdicts, key=lambda one: (one.subject.image, one.subject.digest or "", one.subject.platform or "")
    )
    return [row(one) for one in ordered]


def row(verdict: Verdict) -> Dict[str, Any]:
    """One of `results`."""
    subject = verdict.subject
    changes = Counter(one.change for one in verdict.judged)
    return {
        "image": subject.image,
        "references": list(subject.references),
        "digest": subject.digest,
        "platform": subject.platform,
        "hosts": list(subject.hosts),
        "status": verdict.status,
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
        "counts": counts(verdict.judged),
        "left_out": verdict.left_out,
        "packages": verdict.packages,
        "scanner": sound(verdict.scanner),
        "system": sound(verdict.system),
        "changes": {
            "since": iso(verdict.since),
            NEW: changes[NEW],
            STILL: changes[STILL],
            "gone": len(verdict.gone),
        },
        "gone": [
            {"id": sound(one.id), "package": sound(one.package), "severity": one.severity} for one in verdict.gone
        ],
        "findings": [_finding(one) for one in verdict.judged],
    }


def counts(judged: Sequence[Judged]) -> Dict[str, int]:
    """Severities, waived, excused, in_grace and without_fix add up to the findings; fixable are those of the severities with a fix."""
    parts = Counter(one.part for one in judged)
    counted = [one.finding for one in judged if one.part == COUNTED]
    severities = Counter(one.severity for one in counted)
    return {
        **{severity: severities[severity] for severity in SEVERITIES},
        "fixable": sum(1 for one in counted if one.fixed),
        **{part: parts[part] for part in (WAIVED, EXCUSED, IN_GRACE, WITHOUT_FIX)},
    }


def summary(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], statements: Sequence[Statement], now: int
) -> Dict[str, Any]:
    """Everything of `summary` but `reports_changed`, which only who writes the reports knows."""
    kept = latest(waivers)
    statuses = Counter(one.status for one in verdicts)
    judged = [one for verdict in verdicts for one in verdict.judged]
    return {
        "images": len(verdicts),
        PASSED: statuses[PASSED],
        FAILED: statuses[FAILED],
        NOT_SCANNED: statuses[NOT_SCANNED],
        "findings": len(judged),
        "counted": sum(1 for one in judged if one.part == COUNTED),
        "left_out": sum(one.left_out for one in verdicts),
        "new": sum(1 for one in judged if one.change == NEW),
        "gone": sum(len(one.gone) for one in verdicts),
        "waivers_expired": [_waiver(one) for one in kept if one.ends <= now],
        "waivers_expiring": [_waiver(one) for one in kept if now < one.ends <= now + SOON],
        "waivers_unused": [_waiver(one) for one in kept if now < one.ends and _is_idle(one, verdicts)],
        "vex_unused": [_statement(one) for one in statements if _says_nothing(one, verdicts)],
        "scanners": sorted({one.scanner for one in verdicts if one.scanner}),
        "notes": list(_notes(kept, now)),
    }


def _is_idle(waiver: Waiver, verdicts: Sequence[Verdict]) -> bool:
    """Whether no finding needs it; one for an image that was not scanned may well be needed. The same scope given twice is one."""
    return not any(
        waiver.scope in {one.scope for one in verdict.waivers}
        or (verdict.status == NOT_SCANNED and waiver.is_for(verdict.subject))
        for verdict in verdicts
    )


def _says_nothing(statement: Statement, verdicts: Sequence[Verdict]) -> bool:
    return not any(
        statement in verdict.statements
        or (verdict.status == NOT_SCANNED and may_concern(statement, verdict.subject, verdict.digests))
        for verdict in verdicts
    )


def _notes(waivers: Sequence[Waiver], now: int) -> Iterator[str]:
    for one in waivers:
        if one.ends > now + LONG:
            words = "%s: the waiver of %s for %s lasts more than a year (%s); a shorter one is looked at again in time"
            yield plain(words % (one.where, one.owner, one.id, one.expires))


def _waiver(waiver: Waiver) -> Dict[str, Any]:
    return {
        "id": waiver.id,
        "package": waiver.package,
        "images": list(waiver.images.texts) if waiver.images is not None else [],
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires,
        "where": waiver.where,
    }


def _statement(statement: Statement) -> Dict[str, Any]:
    return {
        "id": statement.names[0],
        "status": statement.status,
        "author": statement.author,
        "document": statement.document,
        "where": statement.where,
    }


def _finding(judged: Judged) -> Dict[str, Any]:
    finding = judged.finding
    told = {one.name: getattr(finding, one.name) for one in fields(finding)}
    return {
        **{key: sound(one) if isinstance(one, str) else one for key, one in told.items()},
        "location": sound(finding.locations[0]) if finding.locations else None,
        "locations": [sound(one) for one in finding.locations],
        "aliases": [sound(one) for one in finding.aliases],
        "sources": {key: sound(finding.sources[key]) for key in sorted(finding.sources)},
        "first_seen": iso(judged.first_seen),
        "change": judged.change,
        "waived": _waived(judged.waiver),
        "vex": _vex(judged.statement),
        "counted": judged.part == COUNTED,
        "part": judged.part,
        "why": judged.why,
    }


def _waived(waiver: Optional[Waiver]) -> Optional[Mapping[str, str]]:
    if waiver is None:
        return None
    return {"owner": waiver.owner, "reason": waiver.reason, "expires": waiver.expires}


def _vex(statement: Optional[Statement]) -> Optional[Mapping[str, Optional[str]]]:
    if statement is None:
        return None
    return {
        "status": statement.status,
        "justification": statement.justification,
        "author": statement.author,
        "document": statement.document,
    }
