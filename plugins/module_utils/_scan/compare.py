# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is new, still there and gone since the last scan, and since when a finding is known.

A finding is the same when id and package are, whatever its version: an update that does not mend it does not make it new. Another name of
the vulnerability (alias) is the same id, so that another scanner does not make everything new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import DAY
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject, as_reference

NEW, STILL = "new", "still"
#: Seconds that what is no longer seen is remembered: a scanner that loses a finding and finds it again does not restart its grace.
KEPT = 90 * DAY
Key = Tuple[str, str]


@dataclass(frozen=True)
class Gone:
    """A finding of the last scan that is no more there."""

    id: str
    package: str
    severity: str
    fixable: bool


def keys(finding: Finding) -> Iterator[Key]:
    """By all of its names."""
    for name in dict.fromkeys((finding.id, *finding.aliases)):
        yield name, finding.package


def memory_name(name: str) -> str:
    """`registry.example.com/team/app:1` of any form of that name; a path stays as it is."""
    reference = as_reference(name)
    return name if reference is None else reference.canonical


def first_seen(memory: Mapping[str, Any], subject: Subject, finding: Finding, now: int) -> int:
    """Epoch second of the earliest sight in one of its repositories, `now` when there is none."""
    earliest = now
    for repository in subject.repositories:
        known = memory.get("first_seen", {}).get(repository, {})
        for name, package in keys(finding):
            first, last = known.get(name, {}).get(package, (now, now))
            if now - last <= KEPT:
                earliest = min(earliest, first)
    return earliest


def is_remembered(memory: Mapping[str, Any], subject: Subject) -> bool:
    """Whether any scan of one of its repositories is."""
    return any(repository in memory.get("scanned", {}) for repository in subject.repositories)


def last_scan(memory: Mapping[str, Any], subject: Subject) -> Optional[Mapping[str, Any]]:
    """What the last scan of the name it is scanned by saw, else of the first of its names that was scanned; None for none."""
    known = memory.get("last", {})
    for name in (subject.image, *subject.names):
        record: Optional[Mapping[str, Any]] = known.get(memory_name(name))
        if record is not None:
            return record
    return None


def known_keys(record: Optional[Mapping[str, Any]]) -> Set[Key]:
    """Of the findings of a scan."""
    return set() if record is None else {(one[0], one[1]) for one in record["findings"]}


def change(finding: Finding, known: Set[Key]) -> str:
    """NEW or STILL."""
    return STILL if any(key in known for key in keys(finding)) else NEW


def gone(record: Optional[Mapping[str, Any]], findings: Iterable[Finding]) -> Tuple[Gone, ...]:
    """What the last scan saw and this one does not; worst first, then by names."""
    there = {key for finding in findings for key in keys(finding)}
    rows: Sequence[Sequence[Any]] = () if record is None else record["findings"]
    missing = {Gone(one[0], one[1], one[2], one[3]) for one in rows if (one[0], one[1]) not in there}
    return tuple(sorted(missing, key=lambda one: (SEVERITIES.index(one.severity), one.id, one.package, one.fixable)))
