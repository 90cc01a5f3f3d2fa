# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier scans saw, as plain data that JSON can hold."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.compare import KEPT, memory_name
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.remembered import (
    decode_verdicts,
    remember_verdicts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import NOT_SCANNED, Verdict

#: For load_memory_file() and save_memory_file().
SCHEMA = 1
FirstSeen = Dict[str, Dict[str, Dict[str, List[int]]]]


def decode_memory(document: Mapping[str, Any]) -> Dict[str, Any]:
    """The memory in a document that was read, checked. Raises ValueError, TypeError, KeyError or AttributeError.

    {"scanned": {repository: seconds},
     "first_seen": {repository: {id: {package: [first, last]}}},                       epoch seconds
     "last": {name: {"at": seconds, "findings": [[id, package, severity, fixable]]}},   canonical names with tag or digest
     "verdicts": what remembered.py knows}
    """
    first_seen: FirstSeen = {}
    for repository, identifier, package, first, last in _sights(document["first_seen"]):
        first_seen.setdefault(repository, {}).setdefault(identifier, {})[package] = [_second(first), _second(last)]
    return {
        "scanned": {str(one): _second(when) for one, when in document["scanned"].items()},
        "first_seen": first_seen,
        "last": {
            name: {"at": _second(one["at"]), "findings": [_row(*row) for row in one["findings"]]}
            for name, one in document["last"].items()
        },
        "verdicts": decode_verdicts(document["verdicts"]),
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
        "verdicts": remember_verdicts(memory.get("verdicts", {}), verdicts, now, KEPT),
    }


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
