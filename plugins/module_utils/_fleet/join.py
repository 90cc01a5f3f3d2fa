# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger after a run: what hosts told now, what the earlier ledger remembers of the others, what sources name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.coverage import (
    Coverage,
    judge_coverage,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import (
    HostEntry,
    Ledger,
    Sightings,
    SourceEntry,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import Observation, Told
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.sources import Reading, judge_source
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import Terms
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import BACKWARD_TOLERANCE, MAX_JUMP


@dataclass(frozen=True)
class Joined:
    """The new ledger, the coverage it came from, and what is worth telling though it stops nothing."""

    ledger: Ledger
    coverage: Coverage
    notes: Tuple[str, ...]


def join(
    earlier: Optional[Ledger], terms: Terms, told: Sequence[Told], readings: Sequence[Reading], now: int
) -> Joined:
    """One run; `earlier` is None for the first one. The result is complete only when nobody is blind and nothing is wrong."""
    before = _not_after(earlier, now) if earlier else Ledger(started=now, last_run=0)
    coverage, hosts = judge_coverage(before, terms, told, now)
    sources, source_problems = _sources(before, readings, now)
    problems = (*_clock_problems(before, now), *coverage.problems, *source_problems)
    complete = not problems
    observations = [one for one in told if isinstance(one, Observation)]
    digests = _current(
        _merge(before.digests, [(one.host, one.used) for one in observations]), hosts, now - terms.in_use_grace
    )
    ledger = Ledger(
        started=before.started,
        last_run=now,
        last_complete=now if complete else before.last_complete,
        complete=complete,
        problems=problems,
        host_grace=terms.host_grace,
        in_use_grace=terms.in_use_grace,
        expected=_expected(before, terms, complete),
        hosts=hosts,
        digests=digests,
        released=_current(
            _merge(before.released, [(one.host, one.released) for one in observations]),
            dict.fromkeys(hosts),
            now - terms.in_use_grace,
        ),
        names=_names(before.names, [one.names for one in observations], digests),
        sources=sources,
    )
    return Joined(ledger, coverage, coverage.notes)


def _expected(before: Ledger, terms: Terms, complete: bool) -> Tuple[str, ...]:
    """What the next inventory is measured against: that of the last complete run, without who has retired since."""
    measure = terms.expected if complete else before.expected
    return tuple(host for host in measure if host not in terms.retired)


def _clock_problems(before: Ledger, now: int) -> List[str]:
    """S11."""
    if not before.last_run:
        return []
    passed = now - before.last_run
    if passed < -BACKWARD_TOLERANCE:
        return [
            "this machine's clock is %s behind the last run of the ledger, so no age is certain; set it right and run again"
            % format_duration(-passed)
        ]
    if passed > MAX_JUMP:
        return [
            "the last run of the ledger was %s ago, by a clock that jumped or because nobody ran it; this run brings it up "
            "to date, and the next one can be complete" % format_duration(passed)
        ]
    return []


def _sources(before: Ledger, readings: Sequence[Reading], now: int) -> Tuple[Dict[str, SourceEntry], List[str]]:
    sources: Dict[str, SourceEntry] = {}
    problems: List[str] = []
    for reading in readings:
        path = reading.source.path
        entry, problem = judge_source(reading, before.sources.get(path), now)
        if entry is not None:
            sources[path] = entry
        if problem is not None:
            problems.append(problem)
    return sources, problems


def _not_after(ledger: Ledger, now: int) -> Ledger:
    """Without moments that a wrong clock put into the future, where they would count for ever.

    The last run's own time still counts: should the clock be behind now, nothing is forgotten before it is right again.
    """
    ceiling = max(now, ledger.last_run)
    hosts = {
        host: entry if entry.answered <= ceiling else replace(entry, answered=ceiling)
        for host, entry in ledger.hosts.items()
    }
    return replace(
        ledger, hosts=hosts, digests=_lowered(ledger.digests, ceiling), released=_lowered(ledger.released, ceiling)
    )


def _lowered(sightings: Sightings, ceiling: int) -> Sightings:
    return {
        digest: {host: min(moment, ceiling) for host, moment in hosts.items()} for digest, hosts in sightings.items()
    }


def _merge(before: Sightings, told: Sequence[Tuple[str, Mapping[str, int]]]) -> Dict[str, Dict[str, int]]:
    """The latest moment of each digest and host."""
    merged = {digest: dict(hosts) for digest, hosts in before.items()}
    for host, moments in told:
        for digest, moment in moments.items():
            hosts = merged.setdefault(digest, {})
            hosts[host] = max(hosts.get(host, 0), moment)
    return merged


def _names(
    before: Mapping[str, Tuple[str, ...]], told: Sequence[Mapping[str, Tuple[str, ...]]], digests: Sightings
) -> Dict[str, Tuple[str, ...]]:
    """What the digests in use are called: tags as they were last told, since they move, and content that is itself in use."""
    now: Dict[str, Set[str]] = {}
    for names in told:
        for digest, found in names.items():
            now.setdefault(digest, set()).update(found)
    kept: Dict[str, Tuple[str, ...]] = {}
    for digest in digests:
        earlier = before.get(digest, ())
        if digest in now:
            earlier = tuple(name for name in earlier if is_digest(name.rpartition("@")[2]))
        called = {name for name in (*earlier, *now.get(digest, ())) if _is_kept(name, digests)}
        if called:
            kept[digest] = tuple(sorted(called))
    return kept


def _is_kept(name: str, digests: Sightings) -> bool:
    content = name.rpartition("@")[2]
    return content in digests or not is_digest(content)


def _current(
    sightings: Mapping[str, Mapping[str, int]], hosts: Mapping[str, Optional[HostEntry]], oldest: int
) -> Dict[str, Dict[str, int]]:
    """What still protects: seen since `oldest`, or in use when its host last answered. Hosts that are gone do not count."""
    kept: Dict[str, Dict[str, int]] = {}
    for digest, seen in sightings.items():
        still = {
            host: moment for host, moment in seen.items() if host in hosts and _counts(moment, hosts[host], oldest)
        }
        if still:
            kept[digest] = still
    return kept


def _counts(moment: int, host: Optional[HostEntry], oldest: int) -> bool:
    return moment >= oldest or (host is not None and moment >= host.answered)
