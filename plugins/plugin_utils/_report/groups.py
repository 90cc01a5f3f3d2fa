# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same finding on many hosts is one finding: a fleet's rows, near misses and held space put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import Fleet, Row, by_bytes


@dataclass(frozen=True)
class RowGroup:
    """The rows of one image name under one rule over all hosts; `low` and `high` are their bytes together."""

    rows: Tuple[Row, ...]
    hosts: Tuple[str, ...]
    low: int
    high: int

    @property
    def first(self) -> Row:
        """The heaviest row; it speaks for the group."""
        return self.rows[0]

    @property
    def reason(self) -> str:
        others = len({row.reason for row in self.rows}) - 1
        return self.first.reason + (" (and %d other reason%s)" % (others, "" if others == 1 else "s") if others else "")

    @property
    def used_by(self) -> Tuple[str, ...]:
        return tuple(dict.fromkeys(user for row in self.rows for user in row.used_by))

    @property
    def outcome(self) -> str:
        counted: Dict[str, int] = {}
        for row in self.rows:
            counted[row.outcome] = counted.get(row.outcome, 0) + 1
        if len(counted) == 1:
            return self.first.outcome
        return ", ".join("%d %s" % (number, outcome) for outcome, number in sorted(counted.items()))

    @property
    def error(self) -> str:
        return next((row.error for row in self.rows if row.error), "")


@dataclass(frozen=True)
class MissGroup:
    name: str
    peer: str
    needed_by: str
    hosts: Tuple[str, ...]


@dataclass(frozen=True)
class HeldGroup:
    """`bytes` of all hosts together."""

    holder: str
    detail: str
    hosts: Tuple[str, ...]
    bytes: int
    names: Tuple[str, ...]


def group_rows(rows: Iterable[Row]) -> List[RowGroup]:
    """One group per name and rule, most bytes first."""
    found: Dict[Tuple[str, str], List[Row]] = {}
    for row in rows:
        found.setdefault((row.name, row.rule), []).append(row)
    groups = [
        RowGroup(
            rows=tuple(by_bytes(same)),
            hosts=tuple(dict.fromkeys(row.host for row in same)),
            low=sum(row.low for row in same),
            high=sum(row.high for row in same),
        )
        for same in found.values()
    ]
    return sorted(groups, key=lambda group: (-group.high, -group.low, group.first.name, group.first.rule))


def group_misses(fleet: Fleet) -> List[MissGroup]:
    """One group per name, tool and reason."""
    found: Dict[Tuple[str, str, str], List[str]] = {}
    for host in fleet.hosts:
        for miss in host.near_misses:
            found.setdefault((miss.name, miss.peer, miss.needed_by), []).append(host.name)
    return [MissGroup(*key, hosts=tuple(dict.fromkeys(hosts))) for key, hosts in found.items()]


def group_held(fleet: Fleet) -> List[HeldGroup]:
    """One group per holder, most bytes first."""
    found: Dict[Tuple[str, str], List[Tuple[str, int, Tuple[str, ...]]]] = {}
    for host in fleet.hosts:
        for held in host.held:
            found.setdefault((held.holder, held.detail), []).append((host.name, held.bytes, held.names))
    groups = []
    for (holder, detail), parts in found.items():
        names = tuple(
            "%s: %s" % (host, name) if len(parts) > 1 else name for host, _size, told in parts for name in told
        )
        groups.append(
            HeldGroup(
                holder,
                detail,
                tuple(dict.fromkeys(host for host, *_rest in parts)),
                sum(size for _host, size, _names in parts),
                names,
            )
        )
    return sorted(groups, key=lambda group: (-group.bytes, group.holder))


def who(hosts: Sequence[str], fleet: Fleet) -> str:
    """Names of hosts in few words."""
    if len(hosts) == len(fleet.answered) > 1:
        return "all %d hosts" % len(hosts) if fleet.complete else "all %d that answered" % len(hosts)
    return some(hosts, 3)


def some(names: Sequence[str], limit: int) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:limit]) + (" and %d more" % (len(names) - limit) if len(names) > limit else "")
