# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads after a run: lines of plain text for one host or a whole fleet."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import (
    Counts,
    Fleet,
    Host,
    Row,
    read_fleet,
    read_host,
    short,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.groups import (
    group_held,
    group_misses,
    group_rows,
    some,
    who,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import table

TOP = 10
NEAR_MISSES = 6
WIDE = {"image": 44, "rule": 24, "reason": 56, "used": 40, "host": 24}


def summary_lines(
    results: Mapping[str, Any], expected_hosts: Optional[Sequence[str]] = None, top: int = TOP
) -> List[str]:
    """The summary of a fleet.

    `results` maps host names to results, `expected_hosts` names who has to answer, `top` is the length of each table.
    """
    return fleet_lines(read_fleet(results, expected_hosts), top)


def host_lines(result: Mapping[str, Any], name: str = "", top: int = TOP) -> List[str]:
    """The summary of one host's result, without coverage; what the host command prints."""
    engine = result.get("engine")
    told = engine.get("name") if isinstance(engine, Mapping) else None
    host = read_host(name or str(told or "this host"), result)
    return _join(_totals(host.counts, host.applied, (host,)), *_parts(Fleet((host,)), top))


def fleet_lines(fleet: Fleet, top: int = TOP) -> List[str]:
    """The same for a fleet that was read before."""
    totals = _totals(fleet.counts, fleet.applied, fleet.answered) if fleet.answered else []
    return _join([*_coverage(fleet), *totals], _hosts(fleet), *_parts(fleet, top))


def coverage_line(fleet: Fleet) -> str:
    """How many of the expected hosts answered."""
    expected = len(fleet.hosts) - len(fleet.outside)
    answered = len([host for host in fleet.answered if host.name not in fleet.outside])
    if not expected:
        return "No host was expected: the group is empty, so this says nothing about any fleet"
    return "%d of %d host%s answered" % (answered, expected, "" if expected == 1 else "s")


def size_range(low: int, high: int) -> str:
    """Bytes as people read them; an honest interval when the exact figure is not known."""
    return format_size(low) if low == high else "%s to %s" % (format_size(low), format_size(high))


def reclaimable(counts: Counts) -> str:
    """What the deletions free, and how sure that is."""
    shown = size_range(counts.reclaimable_bytes, counts.reclaimable_bytes_max)
    return shown + (" (exact)" if counts.exact else " (not exact)")


def outcome_words(counts: Counts) -> str:
    """What became of the planned deletions."""
    words = [
        (counts.deleted, "deleted"),
        (counts.gone, "already gone"),
        (counts.refused, "refused by the engine"),
        (counts.failed, "failed"),
        (counts.deferred, "deferred"),
    ]
    return ", ".join("%d %s" % (number, word) for number, word in words if number)


def _join(*blocks: Sequence[str]) -> List[str]:
    lines: List[str] = []
    for block in blocks:
        if block:
            lines += ([""] if lines else []) + list(block)
    return lines


def _coverage(fleet: Fleet) -> List[str]:
    lines = [coverage_line(fleet) + ("." if fleet.complete else ". This picture of the fleet is incomplete.")]
    lines += ["  no answer: %s (%s)" % (host.name, host.problem) for host in fleet.silent]
    lines += ["  failed: %s (%s)" % (host.name, host.problem) for host in fleet.answered if host.problem]
    if fleet.outside:
        lines.append("  also answered, not in the group: %s" % ", ".join(fleet.outside))
    return lines


def _totals(counts: Counts, applied: bool, hosts: Sequence[Host]) -> List[str]:
    lines = [
        "%d images under %d names: %d stay, %d to delete, %d not used by anything."
        % (counts.images, counts.references, counts.kept, counts.to_delete, counts.unused)
    ]
    if applied:
        lines.append(
            "Planned %s, freed %s; %s."
            % (reclaimable(counts), format_size(counts.reclaimed_bytes), outcome_words(counts) or "nothing deleted")
        )
    else:
        lines.append("Reclaimable: %s. Nothing was deleted." % reclaimable(counts))
    lines += ["HELD: %s deletes nothing: %s" % (host.name, host.hold) for host in hosts if host.hold]
    return lines


def _hosts(fleet: Fleet) -> List[str]:
    rows = []
    for host in fleet.answered:
        counts = host.counts
        rows.append(
            [
                host.name,
                (host.engine + " " + host.store).strip() or "-",
                str(counts.images),
                str(counts.to_delete),
                reclaimable(counts),
                format_size(counts.reclaimed_bytes) if host.applied else "-",
                _host_state(host),
            ]
        )
    if not rows:
        return []
    header = ["HOST", "ENGINE", "IMAGES", "TO DELETE", "RECLAIMABLE", "FREED", "STATE"]
    return table(header, rows, right=(2, 3), limits=(WIDE["host"], 0, 0, 0, 0, 0, 60))


def _host_state(host: Host) -> str:
    if host.hold:
        return "held by the brake"
    if host.problem:
        return "stopped, see above"
    done = outcome_words(host.counts)
    if host.applied:
        return done
    return "planned" + (", " + done if done else "") if host.counts.to_delete else "nothing to delete"


def _parts(fleet: Fleet, top: int) -> Tuple[List[str], ...]:
    return (
        _rows("To delete, most bytes first", [row for row in fleet.rows if row.deletes], fleet, top, fleet.applied),
        _rows("Unused, but kept", [row for row in fleet.rows if not row.deletes and row.unused], fleet, top, False),
        _near_misses(fleet),
        _held(fleet),
        _notes(fleet),
        _audit(fleet),
    )


def _rows(title: str, rows: Sequence[Row], fleet: Fleet, top: int, outcomes: bool) -> List[str]:
    if not rows:
        return []
    several = len(fleet.hosts) > 1
    limits: Dict[str, int] = {"HOST": WIDE["host"]} if several else {}
    limits.update(
        {"IMAGE": WIDE["image"], "BYTES": 0, "RULE": WIDE["rule"], "REASON": WIDE["reason"], "USED BY": WIDE["used"]}
    )
    limits.update({"OUTCOME": 60} if outcomes else {})
    header = list(limits)
    groups = group_rows(rows)
    lines = []
    for group in groups[:top]:
        cells = [who(group.hosts, fleet)] if several else []
        cells += [
            group.first.name,
            size_range(group.low, group.high),
            group.first.rule or "-",
            group.reason,
            some(group.used_by, 1) or "nobody",
        ]
        lines.append(cells + ([group.outcome + (": " + group.error if group.error else "")] if outcomes else []))
    shown = table(header, lines, right=(header.index("BYTES"),), limits=list(limits.values()))
    more = ["  and %d more" % (len(groups) - top)] if len(groups) > top else []
    return [title + ":"] + ["  " + line for line in shown] + more


def _near_misses(fleet: Fleet) -> List[str]:
    misses = group_misses(fleet)
    if not misses:
        return []
    lines = ["Near misses, gone with other ways of cleaning although still needed:"]
    for miss in misses[:NEAR_MISSES]:
        where = " on " + who(miss.hosts, fleet) if len(fleet.hosts) > 1 else ""
        lines += ["  %s%s" % (miss.name, where), "    would go with: %s; stays here: %s" % (miss.peer, miss.needed_by)]
    return lines + (["  and %d more" % (len(misses) - NEAR_MISSES)] if len(misses) > NEAR_MISSES else [])


def _held(fleet: Fleet) -> List[str]:
    lines = []
    for held in group_held(fleet):
        where = " on " + who(held.hosts, fleet) if len(fleet.hosts) > 1 else ""
        lines.append(
            "  %s: %s%s%s"
            % (format_size(held.bytes), held.holder, where, ": " + some(held.names, 3) if held.names else "")
        )
        lines += ["    " + held.detail] if held.detail else []
    for host in fleet.hosts:
        if host.target_unreachable:
            lines.append("  %s: the disk target cannot be reached: %s" % (host.name, host.target_unreachable))
    return ["Space that deleting unused images does not free:", *lines] if lines else []


def _notes(fleet: Fleet) -> List[str]:
    lines = []
    said: Dict[str, List[str]] = {}
    for host in fleet.hosts:
        for note in host.notes:
            said.setdefault(note, []).append(host.name)
    for note, names in said.items():
        lines.append("  %s%s" % (who(names, fleet) + ": " if len(fleet.hosts) > 1 else "", note))
    return ["Good to know:", *lines] if lines else []


def _audit(fleet: Fleet) -> List[str]:
    lines = []
    for host in fleet.answered:
        audit = host.audit
        parts = [
            "at " + audit.at if audit.at else "",
            "policy " + short(audit.policy_digest) if audit.policy_digest else "",
            "valid until " + audit.policy_valid_until if audit.policy_valid_until else "",
            "plan " + short(audit.plan_digest) if audit.plan_digest else "",
            "engine " + audit.engine_id[:12] if audit.engine_id else "",
        ]
        told = ", ".join(part for part in parts if part)
        lines += ["  %s%s" % (host.name + ": " if len(fleet.hosts) > 1 else "", told)] if told else []
    return ["Audit:", *lines] if lines else []
