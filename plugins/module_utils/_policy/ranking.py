# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest N of a group, as keep rules ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock, usable
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import Rule

Candidate = Tuple[str, Optional[str], Optional[str], str, Clock]
Line = Tuple[str, str]
Group = Tuple[Line, Any]


@dataclass(frozen=True)
class Ranked:
    """That a rule keeps an item, and the words for it."""

    rule: str
    reason: str


@dataclass(frozen=True)
class _Entry:
    key: str
    digest: str
    group: Group
    value: Any


def rank(rule: Rule, candidates: Sequence[Candidate], now: int) -> Dict[str, Ranked]:
    """Item key -> why the rule keeps it, for (key, repository, tag, digest, clock) of what its other fields select.

    Groups are lines of one repository and one variant (`-alpine`). Digests take places, not names; equal values share the last
    place. What cannot be ranked (a tag that is no version, an unknown moment) is kept and takes no place. What has no
    repository is in no group.
    """
    kept: Dict[str, Ranked] = {}
    groups: Dict[Group, List[_Entry]] = {}
    for key, repository, tag, digest, clock in candidates:
        version = parse_version(tag) if tag else None
        if rule.prerelease is not None and version is not None and (version.prerelease is not None) != rule.prerelease:
            continue
        if rule.newest is None and rule.newest_groups is None:
            kept[key] = Ranked(rule.title, "kept by rule %s" % rule.title)
            continue
        if repository is None:
            continue
        group, value = _place(rule, repository, tag, version, clock, now)
        if group is None or value is None:
            kept[key] = Ranked(rule.title, "kept by rule %s: %s" % (rule.title, _unrankable(rule, tag)))
        else:
            groups.setdefault(group, []).append(_Entry(key, digest, group, value))
    for group in _newest_groups(rule, groups):
        kept.update(_newest(rule, groups[group]))
    return kept


def _place(
    rule: Rule, repository: str, tag: Optional[str], version: Optional[Version], clock: Clock, now: int
) -> Tuple[Optional[Group], Any]:
    line: Line = (repository, version.variant if version else "")
    if rule.newest_per in ("major", "minor") and version is None:
        return None, None
    subgroup: Any = ()
    if version is not None and rule.newest_per in ("major", "minor"):
        subgroup = (version.major, version.minor)[: 1 if rule.newest_per == "major" else 2]
    elif rule.newest_per == "pattern":
        captured = rule.tags.capture(tag) if rule.tags is not None and tag is not None else None
        if captured is None:
            return None, None
        subgroup = (captured,)
    if rule.order == "version":
        return (line, subgroup), version.key if version else None
    return (line, subgroup), clock.at if usable(clock, now) else None


def _unrankable(rule: Rule, tag: Optional[str]) -> str:
    if rule.order == "version" or rule.newest_per in ("major", "minor"):
        return "%s is not a version, so it cannot be ranked" % (tag or "a digest")
    if rule.newest_per == "pattern":
        return "%s has no captured group" % tag
    return "its %s time is unknown, so it cannot be ranked" % rule.clock


def _newest_groups(rule: Rule, groups: Dict[Group, List[_Entry]]) -> List[Group]:
    """All groups, or the newest M of each line."""
    if rule.newest_groups is None:
        return list(groups)
    lines: Dict[Line, List[Group]] = {}
    for group in groups:
        lines.setdefault(group[0], []).append(group)
    chosen: List[Group] = []
    for members in lines.values():
        best = {group: max(entry.value for entry in groups[group]) for group in members}
        ordered = sorted(set(best.values()), reverse=True)[: rule.newest_groups]
        chosen += [group for group in members if best[group] in ordered]
    return chosen


def _newest(rule: Rule, entries: List[_Entry]) -> Dict[str, Ranked]:
    best: Dict[str, Any] = {}
    for entry in entries:
        best[entry.digest] = max(best.get(entry.digest, entry.value), entry.value)
    places = sorted(best.values(), reverse=True)
    count = rule.newest if rule.newest is not None else len(places)
    last = places[min(count, len(places)) - 1]
    kept: Dict[str, Ranked] = {}
    for entry in entries:
        value = best[entry.digest]
        if value >= last:
            place = places.index(value) + 1
            what = (
                "of the newest %d per %s" % (count, rule.newest_per) if rule.newest is not None else "in a newest group"
            )
            kept[entry.key] = Ranked(rule.title, "kept by rule %s: number %d %s" % (rule.title, place, what))
    return kept
