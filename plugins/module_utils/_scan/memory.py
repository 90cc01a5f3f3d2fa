# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier scans saw, as plain data that JSON can hold."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.compare import KEPT, memory_name
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED, Verdict

#: For load_memory_file() and save_memory_file().
SCHEMA = 1
WORST_FIRST = (FAILED, NOT_SCANNED)
FirstSeen = Dict[str, Dict[str, Dict[str, List[int]]]]


def decode_memory(document: Mapping[str, Any]) -> Dict[str, Any]:
    """The memory in a document that was read, checked; {} is an empty one. Raises ValueError, TypeError, KeyError or AttributeError.

    {"scanned": {repository: seconds},
     "first_seen": {repository: {id: {package: [first, last]}}},                       epoch seconds
     "last": {name: {"at": seconds, "findings": [[id, package, severity, fixable]]}},   canonical names with tag or digest
     "verdicts": {digest: {"at": seconds, "status", "scanned" (ISO 8601), "scanner", "reasons", "images"}}}
    """
    first_seen: FirstSeen = {}
    for repository, identifier, package, first, last in _sights(document.get("first_seen", {})):
        first_seen.setdefault(repository, {}).setdefault(identifier, {})[package] = [_second(first), _second(last)]
    return {
        "scanned": {str(one): _second(when) for one, when in document.get("scanned", {}).items()},
        "first_seen": first_seen,
        "last": {
            name: {"at": _second(one["at"]), "findings": [_row(*row) for row in one["findings"]]}
            for name, one in document.get("last", {}).items()
        },
        "verdicts": {
            digest: {
                "at": _second(one["at"]),
                "status": str(one["status"]),
                "scanned": str(one["scanned"]),
                "scanner": str(one["scanner"]),
                "reasons": [str(reason) for reason in one["reasons"]],
                "images": [str(image) for image in one["images"]],
            }
            for digest, one in document.get("verdicts", {}).items()
        },
    }


def remember(memory: Mapping[str, Any], verdicts: Sequence[Verdict], now: int) -> Dict[str, Any]:
    """The memory after these verdicts, a new one. What was not scanned changes nothing of what is known of its findings.

    A finding that vanished keeps its first date for 90 days, so that a scanner that loses and finds it again does not restart its grace;
    after that it starts anew. Names and digests that were not scanned for 90 days are forgotten.
    """
    first_seen: FirstSeen = {}
    for repository, identifier, package, first, last in _sights(memory.get("first_seen", {})):
        if now - last <= KEPT:
            first_seen.setdefault(repository, {}).setdefault(identifier, {})[package] = [first, last]
    repositories = {one: when for one, when in memory.get("scanned", {}).items() if now - when <= KEPT}
    last_scans = _young(memory.get("last", {}), now)
    for verdict in verdicts:
        if verdict.status == NOT_SCANNED:
            continue
        for repository in verdict.subject.repositories:
            repositories[repository] = now
            for finding, first in verdict.seen:
                seen = first_seen.setdefault(repository, {}).setdefault(finding.id, {})
                known, _last = seen.get(finding.package, (first, now))
                seen[finding.package] = [min(first, known), now]
        rows = sorted({_row(one.id, one.package, one.severity, bool(one.fixed)) for one, _first in verdict.seen})
        for name in {memory_name(name) for name in (verdict.subject.image, *verdict.subject.names)}:
            last_scans[name] = {"at": now, "findings": [list(row) for row in rows]}
    return {
        "scanned": repositories,
        "first_seen": first_seen,
        "last": last_scans,
        "verdicts": _verdicts(_young(memory.get("verdicts", {}), now), _by_digest(verdicts, now)),
    }


def _verdicts(known: Mapping[str, Any], found: Mapping[str, Any]) -> Dict[str, Any]:
    """What failed stays failed until a scan proves better: one that did not come about does not."""
    kept = dict(known)
    for digest, entry in found.items():
        if entry["status"] != NOT_SCANNED or known.get(digest, {}).get("status") != FAILED:
            kept[digest] = entry
    return kept


def _by_digest(verdicts: Sequence[Verdict], now: int) -> Dict[str, Dict[str, Any]]:
    """By every digest of an image, that of its index among them: of the platforms of one index the worst verdict of the run counts."""
    found: Dict[str, Dict[str, Any]] = {}
    for verdict in sorted(verdicts, key=lambda one: WORST_FIRST.index(one.status) if one.status in WORST_FIRST else 9):
        for digest in verdict.digests:
            entry = found.setdefault(
                digest,
                {
                    "at": now,
                    "status": verdict.status,
                    "scanned": told_time(now),
                    "scanner": verdict.scanner,
                    "reasons": list(verdict.reasons),
                    "images": [],
                },
            )
            entry["images"] = sorted({*entry["images"], verdict.subject.image})
    return found


def _sights(first_seen: Mapping[str, Any]) -> Iterator[Tuple[str, str, str, int, int]]:
    for repository, by_id in first_seen.items():
        for identifier, by_package in by_id.items():
            for package, (first, last) in by_package.items():
                yield repository, identifier, package, first, last


def _young(entries: Mapping[str, Any], now: int) -> Dict[str, Any]:
    return {key: one for key, one in entries.items() if now - one["at"] <= KEPT}


def _row(identifier: Any, package: Any, severity: Any, fixable: Any) -> Tuple[str, str, str, bool]:
    if severity not in SEVERITIES:
        raise ValueError("%r is no severity" % (severity,))
    return str(identifier), str(package), severity, bool(fixable)


def _second(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("%r is no epoch second" % (value,))
    return value
