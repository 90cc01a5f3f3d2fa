# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts for the items of one repository: rules, floating tags, and the floor of tags that always stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.floating import floating_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import parse_version
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import usable
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import (
    DELETE,
    KEEP,
    Item,
    Verdict,
    decide,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts


def judge(
    registry: RegistryFacts, facts: RepositoryFacts, items: Sequence[Item], policy: Policy, minimum_kept: int
) -> Dict[str, Verdict]:
    """Item key -> verdict. Floating tags take no place in a ranking and share the fate of the versions they follow."""
    floating = floating_tags({item.key: item.digest for item in items if item.tag is not None})
    firm = _decide(registry, [item for item in items if item.key not in floating], policy)
    verdicts = {**firm, **_float(registry, [item for item in items if item.key in floating], policy, floating, firm)}
    return _keep_minimum(registry, facts, items, verdicts, minimum_kept)


def _decide(registry: RegistryFacts, items: Sequence[Item], policy: Policy) -> Dict[str, Verdict]:
    known = registry.use.since is not None
    return {
        verdict.key: verdict
        for verdict in decide(items, policy, registry.now, registry.clock_distrust, use_known=known)
    }


def _float(
    registry: RegistryFacts,
    items: Sequence[Item],
    policy: Policy,
    floating: Mapping[str, Tuple[str, ...]],
    firm: Mapping[str, Verdict],
) -> Dict[str, Verdict]:
    unranked = replace(
        policy, keep=tuple(rule for rule in policy.keep if rule.newest is None and rule.newest_groups is None)
    )
    found = _decide(registry, items, unranked)
    for item in items:
        own = found[item.key]
        followed = [firm[tag] for tag in floating[item.key] if tag in firm]
        staying = [verdict for verdict in followed if verdict.action == KEEP]
        if staying and own.action == DELETE:
            reason = "follows %s, which stays: %s" % (staying[0].key, staying[0].reason)
            found[item.key] = replace(staying[0], key=item.key, reason=reason)
        elif followed and own.action == DELETE:
            reason = "follows %s, which goes: %s" % (followed[0].key, followed[0].reason)
            found[item.key] = replace(own, rule=followed[0].rule, reason=reason)
    return found


def _keep_minimum(
    registry: RegistryFacts,
    facts: RepositoryFacts,
    items: Sequence[Item],
    verdicts: Dict[str, Verdict],
    minimum_kept: int,
) -> Dict[str, Verdict]:
    """S15: so many tags of a repository stay whatever the rules say, counted as different digests, the newest ones."""
    tagged = [item for item in items if item.tag is not None]
    kept = {item.digest for item in tagged if verdicts[item.key].action == KEEP}
    for item in sorted(tagged, key=lambda item: recency(item, registry.now), reverse=True):
        if len(kept) >= minimum_kept:
            break
        kept.add(item.digest)
    result = dict(verdicts)
    for item in tagged:
        if item.digest in kept and verdicts[item.key].action == DELETE and _only_by_floor(item, tagged, verdicts):
            reason = "one of the newest %d that always stay (minimum_kept)" % minimum_kept
            result[item.key] = replace(
                verdicts[item.key], action=KEEP, rule=None, reason=reason, kept_by="minimum_kept"
            )
    return result


def _only_by_floor(item: Item, tagged: Sequence[Item], verdicts: Mapping[str, Verdict]) -> bool:
    """Whether no other tag keeps the digest already."""
    return all(verdicts[other.key].action == DELETE for other in tagged if other.digest == item.digest)


def recency(item: Item, now: int) -> Tuple[object, ...]:
    """Sorts old before new: by arrival or build time where known, then by version, then by name."""
    moments: List[int] = [
        clock.at for clock in (item.arrived, item.created) if clock.at is not None and usable(clock, now)
    ]
    version = parse_version(item.tag) if item.tag else None
    return (max(moments) if moments else 0, version is not None, version.key if version else (), item.key)
