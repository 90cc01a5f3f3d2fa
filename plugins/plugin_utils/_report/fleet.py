# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report shows: results of many hosts as values, and who did not answer.

Results come from hosts and may be old, damaged or hostile: whatever is missing or of the wrong type counts as absent,
and every text is made printable here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.moments import show_moment
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.values import mapping, number, sequence, text

LONG = 1000
# Exit codes of the host command that need no words: all went well, or the brake is on, which is shown anyway.
ENDED_WELL = (ExitCode.OK, ExitCode.HELD)
APPLIED_OUTCOMES = ("done", "gone", "refused", "failed")
COUNTS = (
    "images",
    "references",
    "kept",
    "to_delete",
    "deleted",
    "gone",
    "refused",
    "deferred",
    "failed",
    "unused",
    "unused_bytes",
    "reclaimable_bytes",
    "reclaimable_bytes_max",
    "reclaimed_bytes",
)


@dataclass(frozen=True)
class Row:
    """One name of an image (or an image without a name) on one host; sizes in bytes, times ISO 8601 or empty."""

    host: str
    name: str
    id: str
    action: str
    rule: str
    reason: str
    low: int
    high: int
    outcome: str
    error: str
    used_by: Tuple[str, ...]
    unused: bool
    arrived: str
    last_used: str

    @property
    def deletes(self) -> bool:
        return self.action == "delete"


@dataclass(frozen=True)
class NearMiss:
    host: str
    name: str
    peer: str
    needed_by: str


@dataclass(frozen=True)
class Held:
    """Bytes on a host that no deletion of an unused image frees."""

    host: str
    holder: str
    bytes: int
    names: Tuple[str, ...]
    detail: str


@dataclass(frozen=True)
class Counts:
    """The summary of one host or of many; sizes in bytes."""

    images: int = 0
    references: int = 0
    kept: int = 0
    to_delete: int = 0
    deleted: int = 0
    gone: int = 0
    refused: int = 0
    deferred: int = 0
    failed: int = 0
    unused: int = 0
    unused_bytes: int = 0
    reclaimable_bytes: int = 0
    reclaimable_bytes_max: int = 0
    reclaimed_bytes: int = 0
    exact: bool = True

    def __add__(self, other: Counts) -> Counts:
        sums = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Counts(exact=self.exact and other.exact, **sums)


@dataclass(frozen=True)
class Audit:
    """When a plan was made, by which policy, and what exactly it was; times ISO 8601, empty when not told."""

    at: str = ""
    engine_id: str = ""
    plan_digest: str = ""
    policy_digest: str = ""
    policy_issued: str = ""
    policy_valid_until: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Host:
    """One host that was expected or answered. `problem` says why there is no (complete) result, else it is empty."""

    name: str
    answered: bool
    problem: str = ""
    engine: str = ""
    store: str = ""
    counts: Counts = Counts()
    applied: bool = False
    rows: Tuple[Row, ...] = ()
    near_misses: Tuple[NearMiss, ...] = ()
    held: Tuple[Held, ...] = ()
    notes: Tuple[str, ...] = ()
    target_unreachable: str = ""
    hold: str = ""
    pressure: str = ""
    audit: Audit = Audit()

    @property
    def deletes(self) -> Tuple[Row, ...]:
        return tuple(row for row in self.rows if row.deletes)

    @property
    def state(self) -> str:
        """One word for how the host fares."""
        if not self.answered:
            return "silent"
        if self.problem or self.counts.failed:
            return "failed"
        if self.hold:
            return "held"
        return "cleaned" if self.applied else "planned" if self.counts.to_delete else "clean"


@dataclass(frozen=True)
class Fleet:
    """Every host that was expected or answered; `outside` names those that answered without being expected."""

    hosts: Tuple[Host, ...]
    outside: Tuple[str, ...] = ()

    @property
    def answered(self) -> Tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.answered)

    @property
    def silent(self) -> Tuple[Host, ...]:
        return tuple(host for host in self.hosts if not host.answered)

    @property
    def failed(self) -> Tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.state == "failed")

    @property
    def held_back(self) -> Tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.hold)

    @property
    def complete(self) -> bool:
        return bool(self.hosts) and not self.silent

    @property
    def applied(self) -> bool:
        return any(host.applied for host in self.hosts)

    @property
    def counts(self) -> Counts:
        total = Counts()
        for host in self.answered:
            total = total + host.counts
        return total

    @property
    def rows(self) -> Tuple[Row, ...]:
        return tuple(row for host in self.hosts for row in host.rows)


def by_bytes(rows: Iterable[Row]) -> List[Row]:
    """Most bytes first; the same input gives the same order."""
    return sorted(rows, key=lambda row: (-row.high, -row.low, row.host, row.name, row.id))


def read_fleet(results: Mapping[str, Any], expected_hosts: Optional[Sequence[str]] = None) -> Fleet:
    """`results` maps host names to what the module, the host command or a registered variable returned.

    `expected_hosts` is who has to answer; without it whoever is in `results`. A host without a result, or with one that
    says unreachable or skipped, is silent.
    """
    wanted = [str(name) for name in (results if expected_hosts is None else expected_hosts)]
    outside = [str(name) for name in results if str(name) not in set(wanted)]
    hosts = [read_host(name, results.get(name)) for name in dict.fromkeys([*wanted, *outside])]
    return Fleet(tuple(hosts), tuple(printable(name) for name in outside))


def read_host(name: str, raw: Any) -> Host:
    """One host's result as values: what the module returned, a registered variable, or a report of the host command."""
    shown = printable(name)
    told = mapping(raw)
    result, problem = _unwrap(told)
    if told.get("unreachable"):
        return Host(shown, False, "unreachable: " + (problem or "no connection"))
    if not result:
        if problem:
            return Host(shown, True, problem)
        return Host(
            shown, False, "did not take part in this run" if not told or told.get("skipped") else "gave no result"
        )
    engine, summary = mapping(result.get("engine")), mapping(result.get("summary"))
    pressure = mapping(result.get("pressure"))
    rows = tuple(_row(shown, mapping(row)) for row in sequence(result.get("plan")))
    return Host(
        name=shown,
        answered=True,
        problem=problem,
        engine=text(engine.get("version")),
        store=text(engine.get("store")),
        counts=_counts(summary),
        applied=any(row.outcome in APPLIED_OUTCOMES for row in rows),
        rows=rows,
        near_misses=tuple(_near_miss(shown, mapping(miss)) for miss in sequence(result.get("near_misses"))),
        held=tuple(_held(shown, mapping(held)) for held in sequence(result.get("held"))),
        notes=_notes(result, pressure),
        target_unreachable=text(pressure.get("unreachable"), LONG),
        hold=_hold(result.get("hold")),
        pressure=text(pressure.get("state")),
        audit=_audit(told, engine, text(result.get("plan_digest"))),
    )


def _unwrap(told: Mapping[str, Any]) -> Tuple[Mapping[str, Any], str]:
    """The result, empty when there is none, and what went wrong."""
    message = text(told.get("msg") or told.get("message"), LONG)
    if "exit_code" not in told:
        failed = told.get("failed") or told.get("unreachable")
        return (told if mapping(told.get("summary")) else {}), (message or "failed without a message") if failed else ""
    result = mapping(told.get("result"))
    problem = "" if told["exit_code"] in ENDED_WELL else message or text(told.get("exit_meaning"), LONG)
    if not result:
        earlier = mapping(told.get("last_with_result"))
        result = mapping(earlier.get("result"))
        when = show_moment(text(earlier.get("finished")))
        problem += " (the figures are those of the run at %s)" % when if result else ""
    return result, problem


def _row(host: str, row: Mapping[str, Any]) -> Row:
    identity = text(row.get("id"))
    low = number(row.get("bytes"))
    reason = text(row.get("reason"))
    used_by = tuple(printable(user) for user in sequence(row.get("used_by")))
    return Row(
        host=host,
        name=text(row.get("reference")) or "(no name) " + short(identity),
        id=identity,
        action=text(row.get("action")),
        rule=text(row.get("rule")),
        reason=reason,
        low=low,
        high=max(low, number(row.get("bytes_max"))),
        outcome=text(row.get("outcome")),
        error=text(row.get("error")),
        used_by=used_by,
        unused=bool(row.get("unused")),
        arrived=text(row.get("arrived")),
        last_used=text(row.get("last_used")),
    )


def _near_miss(host: str, miss: Mapping[str, Any]) -> NearMiss:
    name = text(miss.get("reference")) or "(no name) " + short(text(miss.get("id")))
    return NearMiss(host, name, text(miss.get("peer")), text(miss.get("needed_by")))


def _held(host: str, held: Mapping[str, Any]) -> Held:
    names = tuple(printable(name) for name in sequence(held.get("names")))
    return Held(host, text(held.get("holder")), number(held.get("bytes")), names, text(held.get("detail")))


def _counts(summary: Mapping[str, Any]) -> Counts:
    numbers = {name: number(summary.get(name)) for name in COUNTS}
    numbers["reclaimable_bytes_max"] = max(numbers["reclaimable_bytes_max"], numbers["reclaimable_bytes"])
    return Counts(exact=bool(summary.get("exact", True)), **numbers)


def _hold(raw: Any) -> str:
    hold = mapping(raw)
    if not hold:
        return ""
    until = show_moment(text(hold.get("until")))
    return "%s (%s)" % (
        text(hold.get("reason")) or "no reason given",
        "until " + until if until else "until the file is removed",
    )


def _notes(result: Mapping[str, Any], pressure: Mapping[str, Any]) -> Tuple[str, ...]:
    """The notes, without those that the report shows elsewhere."""
    hold = "held by " if mapping(result.get("hold")) else None
    told = [str(note) for note in sequence(result.get("notes"))]
    shown = [note for note in told if note != pressure.get("unreachable") and not (hold and note.startswith(hold))]
    return tuple(printable(note, LONG) for note in shown)


def _audit(told: Mapping[str, Any], engine: Mapping[str, Any], plan_digest: str) -> Audit:
    policy = mapping(told.get("policy"))
    return Audit(
        at=text(told.get("finished") or engine.get("now")),
        engine_id=text(engine.get("id")),
        plan_digest=plan_digest,
        policy_digest=text(policy.get("hash")),
        policy_issued=text(policy.get("issued")),
        policy_valid_until=text(policy.get("valid_until")),
        mode=text(told.get("mode")),
    )


def short(digest: str) -> str:
    """The first twelve characters of a digest, as the docker command shows ids."""
    return digest.rpartition(":")[2][:12]
