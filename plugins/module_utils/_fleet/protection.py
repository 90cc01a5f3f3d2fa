# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ledger protects, with reasons to print, and whether it may be relied on for a deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import MAX_DIFFERENCE

MAX_AGE = 26 * 3600


@dataclass(frozen=True)
class Protections:
    """Each maps to a short reason in plain words.

    `digests` by whatever name of registry or mirror they were pulled: of an index, a manifest or a configuration.
    `references` are canonical `host/path:tag` or `host/path@digest`. `repositories`, `host/path`, stand for all their tags.
    """

    digests: Mapping[str, str]
    references: Mapping[str, str]
    repositories: Mapping[str, str]


def protections(ledger: Ledger, now: int, in_use_grace: Optional[int] = None) -> Protections:
    """What is in use or was within `in_use_grace` seconds (by default the ledger's own; it forgets what is older than that)."""
    grace = ledger.in_use_grace if in_use_grace is None else in_use_grace
    digests = _from_sources(ledger)
    # The stronger reason last: it is the one that is shown.
    for digest, hosts in ledger.released.items():
        host, moment = _latest(hosts)
        if now - moment <= grace:
            digests[digest] = "deleted as restorable by %s %s" % (host, _ago(now - moment))
    for digest, hosts in ledger.digests.items():
        reason = _use(hosts, ledger.hosts, now, grace)
        if reason is not None:
            digests[digest] = reason
    return Protections(
        digests,
        {name: _named(who) for name, who in ledger.references.items()},
        {name: _named(who) for name, who in ledger.repositories.items()},
    )


def in_use(ledger: Ledger) -> Dict[str, Tuple[str, ...]]:
    """The digests that hosts used when they last answered, with those hosts, sorted: graces and files do not count."""
    found = {digest: _using(seen, ledger.hosts) for digest, seen in ledger.digests.items()}
    return {digest: tuple(sorted(hosts)) for digest, hosts in found.items() if hosts}


def ledger_problem(ledger: Optional[Ledger], now: int, max_age: int = MAX_AGE) -> Optional[str]:
    """Why nothing may be deleted by this ledger, with the next step; None when it is complete and fresh (S4)."""
    if ledger is None:
        return "there is no ledger of what the fleet uses; run fleet_ledger (the first time with first_run: true)"
    if not ledger.complete:
        more = len(ledger.problems) - 1
        return "the ledger is incomplete: %s%s" % (
            ledger.problems[0] if ledger.problems else "its last run did not finish",
            " (and %d more: see the problems of fleet_ledger)" % more if more > 0 else "",
        )
    age = now - ledger.last_run
    if age < -MAX_DIFFERENCE:
        return "this machine's clock is %s behind the ledger; set it right" % format_duration(-age)
    if age > max_age:
        return "the ledger is %s old, more than %s: observe the fleet and run fleet_ledger again" % (
            format_duration(age),
            format_duration(max_age),
        )
    return None


def _from_sources(ledger: Ledger) -> Dict[str, str]:
    named: Dict[str, List[str]] = {}
    for path in sorted(ledger.sources):
        for digest in ledger.sources[path].digests:
            named.setdefault(digest, []).append(path)
    return {digest: _named(paths) for digest, paths in named.items()}


def _use(seen: Mapping[str, int], hosts: Mapping[str, HostEntry], now: int, grace: int) -> Optional[str]:
    using = _using(seen, hosts)
    current = [host for host in using if hosts[host].current]
    if current:
        return "in use by %s" % _and_more(min(current), len(using))
    if using:
        host = min(using)
        moment = seen[host]
        return "in use by %s, which last told %s" % (_and_more(host, len(using)), _ago(now - moment))
    host, moment = _latest(seen)
    if now - moment > grace:
        return None
    return "used by %s %s (in_use_grace %s)" % (host, _ago(now - moment), format_duration(grace))


def _using(seen: Mapping[str, int], hosts: Mapping[str, HostEntry]) -> List[str]:
    return [host for host, moment in seen.items() if host in hosts and moment >= hosts[host].answered]


def _latest(seen: Mapping[str, int]) -> Tuple[str, int]:
    """The host that saw it last; of several the first by name."""
    moment = max(seen.values())
    return min(host for host, when in seen.items() if when == moment), moment


def _and_more(first: str, count: int) -> str:
    return first if count == 1 else "%s and %d more host%s" % (first, count - 1, "" if count == 2 else "s")


def _named(who: Sequence[str]) -> str:
    first = who[0]
    text = "asked for on %s" % first if first.startswith("host ") else "named in %s" % first
    return text if len(who) == 1 else "%s and %d more source%s" % (text, len(who) - 1, "" if len(who) == 2 else "s")


def _ago(seconds: int) -> str:
    return "%s ago" % format_duration(max(0, seconds))
