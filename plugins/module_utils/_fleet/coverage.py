# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answered, who counts by what the ledger remembers, and who nothing is known of (S2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import EngineEntry, HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import Observation, Silence, Told
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.terms import Terms
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration

ANSWERED = "answered"
FROM_LEDGER = "from_ledger"
BLIND = "blind"
# S2: an inventory that lost more than this share of its hosts is more likely broken than so much smaller.
MAX_SHRINK = 10  # percent
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


@dataclass(frozen=True)
class HostCoverage:
    """One host: `state` is ANSWERED, FROM_LEDGER or BLIND, `why` what is missing and what to do, None when nothing is.

    `stops` tells whether the run is incomplete for it.
    """

    state: str
    why: Optional[str] = None
    stops: bool = False


@dataclass(frozen=True)
class Coverage:
    """All hosts that count, and why the run is not complete for reasons beyond a single host."""

    hosts: Mapping[str, HostCoverage]
    problems: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()

    def named(self, state: str) -> List[str]:
        """The hosts in this state, sorted."""
        return sorted(host for host, coverage in self.hosts.items() if coverage.state == state)


def judge_coverage(
    earlier: Ledger, terms: Terms, told: Sequence[Told], now: int
) -> Tuple[Coverage, Dict[str, HostEntry]]:
    """The coverage of this run, and the hosts' entries after it; retired hosts have none unless they answered."""
    by_host: Dict[str, List[Told]] = {}
    for one in told:
        by_host.setdefault(one.host, []).append(one)
    alive = {host for host, ones in by_host.items() if any(isinstance(one, Observation) for one in ones)}
    silent_retired = terms.retired - alive
    counted = (set(terms.expected) | set(earlier.hosts) | alive) - silent_retired
    covered: Dict[str, HostCoverage] = {}
    entries: Dict[str, HostEntry] = {}
    for host in sorted(counted):
        before = _without_retired_engines(host, earlier.hosts.get(host), terms)
        entry, missing = _join_host(before, by_host.get(host, []))
        if entry is not None:
            entries[host] = entry
        covered[host] = _judge_host(host, entry, missing, _was_reached(by_host.get(host, [])), terms, now)
    problems = [*_inventory_problems(earlier, terms), *_not_asked(terms, counted, by_host)]
    problems += [str(covered[host].why) for host in sorted(covered) if covered[host].stops]
    notes = [str(one.why) for _host, one in sorted(covered.items()) if one.state == FROM_LEDGER and not one.stops]
    notes += [
        "%s is in retired_hosts and answered; what it uses is protected. Take it out of retired_hosts if it is back"
        % host
        for host in sorted(alive & terms.retired)
    ]
    return Coverage(covered, tuple(problems), tuple(notes)), entries


def retired_line(name: str) -> str:
    """What to write to stop waiting for a host or engine."""
    return "retired_hosts: [%s]" % (name if _PLAIN_NAME.fullmatch(name) else '"%s"' % name)


def _without_retired_engines(host: str, entry: Optional[HostEntry], terms: Terms) -> Optional[HostEntry]:
    if entry is None:
        return None
    engines = {
        engine: known for engine, known in entry.engines.items() if "%s/%s" % (host, engine) not in terms.retired
    }
    return replace(entry, engines=engines)


def _join_host(before: Optional[HostEntry], told: Sequence[Told]) -> Tuple[Optional[HostEntry], Optional[str]]:
    """The host's entry after what it told, and what is missing from its answer; None when all of its engines answered."""
    engines: Dict[str, EngineEntry] = dict(before.engines) if before else {}
    answers: Dict[str, int] = {}
    failures: List[str] = []
    for one in told:
        if isinstance(one, Silence):
            failures.append(one.why)
            continue
        answers[one.engine] = max(answers.get(one.engine, 0), one.observed)
        known = engines.get(one.engine)
        if known is None or one.observed >= known.answered:
            engines[one.engine] = EngineEntry(one.observed, one.name, one.images, one.references, one.unmapped)
    if not answers:
        entry = None if before is None else replace(before, current=False, engines=engines)
        return entry, "; ".join(dict.fromkeys(failures)) or "there is no observation of it"
    silent = sorted(set(engines) - set(answers))
    missing = [*dict.fromkeys(failures), *("engine %s did not answer" % _engine_name(one, engines) for one in silent)]
    last = before.answered if before else 0
    if missing:
        return HostEntry(last, False, engines), "; ".join(missing)
    return HostEntry(max(last, min(answers.values())), True, engines), None


def _engine_name(engine: str, engines: Mapping[str, EngineEntry]) -> str:
    name = engines[engine].name
    return "%s (%s)" % (engine, name) if name else engine


def _was_reached(told: Sequence[Told]) -> bool:
    """Whether anything came back from the host itself, if only that its engine is silent."""
    return any(isinstance(one, Observation) or one.reached for one in told)


def _judge_host(
    host: str, entry: Optional[HostEntry], missing: Optional[str], reached: bool, terms: Terms, now: int
) -> HostCoverage:
    """S2: the ledger bridges the silence of a host that cannot be reached; a silent engine of one that was is for somebody to mend."""
    if missing is None:
        return HostCoverage(ANSWERED)
    cause = "%s did not answer: %s" % (host, missing)
    line = _ways_out(host, entry)
    if entry is None or not entry.answered:
        return HostCoverage(
            BLIND,
            "%s. It has never answered completely, so what it uses is not known. Let it answer; %s" % (cause, line),
            True,
        )
    silent_for = now - entry.answered
    since = "It last answered %s ago" % format_duration(max(0, silent_for))
    if silent_for > terms.host_grace:
        return HostCoverage(
            BLIND,
            "%s. %s, longer than host_grace (%s). Let it answer; %s"
            % (cause, since, format_duration(terms.host_grace), line),
            True,
        )
    if reached:
        return HostCoverage(
            FROM_LEDGER,
            "%s. The host was reached, so host_grace does not bridge this; what it used %s ago stays protected. Let it answer; %s"
            % (cause, format_duration(max(0, silent_for)), line),
            True,
        )
    left = "%s and counts by the ledger for another %s" % (since, format_duration(terms.host_grace - silent_for))
    if host not in terms.expected:
        left += ". It is no longer in expected_hosts; " + line
    return HostCoverage(FROM_LEDGER, "%s. %s" % (cause, left))


def _ways_out(host: str, entry: Optional[HostEntry]) -> str:
    """The line to add, and for a host of several engines that for the one that is gone."""
    text = "if it is gone for good, add:  %s" % retired_line(host)
    engines = sorted(entry.engines.items(), key=lambda item: item[1].answered) if entry else []
    if len(engines) > 1:
        text += "  (only its engine that answered longest ago:  %s)" % retired_line("%s/%s" % (host, engines[0][0]))
    return text


def _inventory_problems(earlier: Ledger, terms: Terms) -> List[str]:
    expected = set(terms.expected) - terms.retired
    if not expected:
        return [
            "expected_hosts is empty%s: no inventory group says who must answer, so nothing tells a fleet without images from "
            "one that was not asked; give the whole group, for example \"{{ groups['docker_hosts'] }}\""
            % (" but for retired_hosts" if terms.expected else "")
        ]
    before = set(earlier.expected) - terms.retired
    if len(expected) * 100 < len(before) * (100 - MAX_SHRINK):
        gone = sorted(before - expected)
        return [
            "expected_hosts names %d hosts, %d at the last complete run: more than %d %% fewer (%s). Check the inventory; "
            "for hosts that are gone for good, add:  retired_hosts: [%s]"
            % (len(expected), len(before), MAX_SHRINK, _some(gone), ", ".join(gone))
        ]
    return []


def _not_asked(terms: Terms, counted: Set[str], by_host: Mapping[str, Sequence[Told]]) -> List[str]:
    """S2: a host that was asked and is silent counts by the ledger; one that nobody asked means a limited run."""
    absent = sorted(host for host in terms.expected if host in counted and host not in by_host)
    if not absent:
        return []
    return [
        "%d of %d expected hosts were not asked (%s): their observations are missing, as with --limit, serial or a play that "
        "stopped. Run without --limit, and keep results of unreachable hosts (ignore_unreachable: true)"
        % (len(absent), len(terms.expected), _some(absent))
    ]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown + (", ..." if len(names) > 5 else "")
