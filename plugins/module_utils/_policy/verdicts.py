# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep or delete: one verdict, one rule and one reason for every item. The same for hosts and registries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import (
    CREATED,
    FUTURE_TOLERANCE,
    LAST_USED,
    Clock,
    age,
    older_than,
    usable,
    younger_than,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import MAX_SUBJECT
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.ranking import Ranked, rank
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import Rule

KEEP, DELETE = "keep", "delete"
_TOO_LONG = "a label or name is longer than %d characters" % MAX_SUBJECT


@dataclass(frozen=True)
class Item:
    """One thing to judge: a name, or content without a name.

    `repository` canonical; `digest` identifies the content (`newest` counts digests); `digests` are all digests that mean it;
    `used_by` says in plain words who uses it; `forced_keep` is a reason from outside the policy.
    """

    key: str
    repository: Optional[str] = None
    tag: Optional[str] = None
    tagged: bool = True
    digest: str = ""
    digests: Tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    arrived: Clock = Clock()
    created: Clock = Clock()
    last_used: Clock = Clock()
    used_by: Tuple[str, ...] = ()
    forced_keep: Optional[str] = None


@dataclass(frozen=True)
class Verdict:
    """`kept_by` is the kind of reason: use, protect, minimum_age, rule, no_rule, clock or other."""

    key: str
    action: str
    rule: Optional[str]
    reason: str
    unused: bool
    kept_by: str


def decide(
    items: Sequence[Item],
    policy: Policy,
    now: int,
    clocks_distrusted: Optional[str] = None,
    use_known: bool = True,
) -> Tuple[Verdict, ...]:
    """Judge every item at `now` (epoch seconds of the engine or registry); independent of the order of the items.

    In use, protected, younger than the minimum age, kept by a rule: in this order, the first that holds is the reason. What is
    unknown never lets anything be deleted. `clocks_distrusted` says why ages must not decide (S11); without `use_known` reasons do not
    say that something is unused.
    """
    kept: Dict[str, Ranked] = {}
    for rule in policy.keep:
        for key, ranked in _kept_by_rule(rule, items, now, clocks_distrusted is not None).items():
            kept.setdefault(key, ranked)
    return tuple(_judge(item, policy, now, clocks_distrusted, kept.get(item.key), use_known) for item in items)


def _judge(
    item: Item, policy: Policy, now: int, distrust: Optional[str], kept: Optional[Ranked], use_known: bool
) -> Verdict:
    def keep(kind: str, reason: str, rule: Optional[str] = None) -> Verdict:
        return Verdict(item.key, KEEP, rule, reason, not item.used_by, kind)

    if item.used_by:
        others = len(item.used_by) - 1
        more = " and %d more" % others if others else ""
        return keep("use", "in use: %s%s" % (item.used_by[0], more))
    protected = policy.protect.why(item.repository, item.tag, item.digests)
    if protected:
        return keep("protect", protected)
    if item.forced_keep:
        return keep("other", item.forced_keep)
    young = _too_young(item, policy, now, distrust)
    if young:
        return keep("clock" if distrust else "minimum_age", young)
    if kept is not None:
        return keep("rule", kept.reason, kept.rule)
    for rule in policy.delete:
        if rule.older_than is None and rule.younger_than is None or not distrust:
            if selects(rule, item) and _ages_match(rule, item, now, when_unknown=False):
                return Verdict(item.key, DELETE, rule.title, _delete_reason(rule, item, now, use_known), True, "")
    if distrust and any(selects(rule, item) for rule in policy.delete):
        return keep("clock", "kept because ages cannot be trusted: %s" % distrust)
    return keep("no_rule", _nearest(policy, item, now))


def _too_young(item: Item, policy: Policy, now: int, distrust: Optional[str]) -> Optional[str]:
    if policy.minimum_age == 0:
        return None
    if distrust:
        return "kept because ages cannot be trusted: %s" % distrust
    passed = age(item.arrived, now)
    if passed is None:
        return "it is not known when it arrived (minimum_age %s)" % format_duration(policy.minimum_age)
    if passed < policy.minimum_age:
        return "arrived %s ago (minimum_age %s)" % (format_duration(passed), format_duration(policy.minimum_age))
    return None


def selects(rule: Rule, item: Item, unknown: bool = False) -> bool:
    """Whether every field of the rule but its ages and its ranking matches. Patterns for names match only what has a name.

    `unknown` is the answer for what is too long to be judged: false for delete rules, true for keep rules.
    """
    if rule.repositories is not None and not (
        item.repository and rule.repositories.matches_repository(item.repository, unknown)
    ):
        return False
    if rule.tags is not None and not (item.tag is not None and rule.tags.matches_text(item.tag, unknown)):
        return False
    if rule.tagged is not None and rule.tagged != item.tagged:
        return False
    return rule.labels is None or rule.labels.matches(item.labels, unknown)


def clock_of(rule: Rule, item: Item, now: int) -> Clock:
    """The moment that a rule measures from; a build date that is none falls back to the arrival."""
    if rule.clock == LAST_USED:
        return item.last_used
    if rule.clock == CREATED and (usable(item.created, now) or _in_future(item.created, now)):
        return item.created
    return item.arrived


def _in_future(clock: Clock, now: int) -> bool:
    """Such a date is unknown (S11); unlike the dates of reproducible builds it does not fall back."""
    return clock.at is not None and clock.at > now + FUTURE_TOLERANCE


def _ages_match(rule: Rule, item: Item, now: int, when_unknown: bool) -> bool:
    clock = clock_of(rule, item, now)
    answers = []
    if rule.older_than is not None:
        answers.append(older_than(clock, rule.older_than, now))
    if rule.younger_than is not None:
        answers.append(younger_than(clock, rule.younger_than, now))
    return all(when_unknown if answer is None else answer for answer in answers)


def _kept_by_rule(rule: Rule, items: Sequence[Item], now: int, distrust: bool) -> Dict[str, Ranked]:
    """What a keep rule keeps. What is unknown stays, and takes no place in a ranking; so are ages that cannot be trusted."""
    ranks = rule.newest is not None or rule.newest_groups is not None or rule.prerelease is not None
    kept: Dict[str, Ranked] = {}
    certain: List[Item] = []
    for item in items:
        if not (selects(rule, item, True) and (distrust or _ages_match(rule, item, now, when_unknown=True))):
            continue
        doubt = _doubt(rule, item, now, distrust)
        if doubt is None and ranks:
            certain.append(item)
        else:
            kept[item.key] = Ranked(rule.title, "kept by rule %s%s" % (rule.title, ": " + doubt if doubt else ""))
    known = [(item.key, item.repository, item.tag, item.digest, clock_of(rule, item, now)) for item in certain]
    return {**kept, **rank(rule, known, now)} if ranks else kept


def _doubt(rule: Rule, item: Item, now: int, distrust: bool) -> Optional[str]:
    """Why it is not known whether a rule that may select an item does."""
    if not selects(rule, item):
        return "%s, so it cannot be judged" % _TOO_LONG
    if rule.older_than is None and rule.younger_than is None:
        return None
    if distrust:
        return "ages cannot be trusted"
    return None if _ages_match(rule, item, now, when_unknown=False) else "its %s time is unknown" % rule.clock


def _passed(rule: Rule, item: Item, now: int) -> str:
    """How long, in the words of the rule's clock."""
    clock = clock_of(rule, item, now)
    passed = age(clock, now)
    if passed is None:
        return "%s unknown" % rule.clock
    shown = format_duration(passed)
    if rule.clock == LAST_USED:
        return "unused for %s" % shown if clock.exact else "not seen in use for %s, as long as it was watched" % shown
    if rule.clock == CREATED and clock is item.created:
        return "built %s ago" % shown
    return "arrived %s ago" % shown


def _delete_reason(rule: Rule, item: Item, now: int, use_known: bool) -> str:
    parts: List[str] = []
    if not item.tagged:
        parts.append("no name")
    if rule.older_than is not None:
        parts.append("%s (limit %s)" % (_passed(rule, item, now), format_duration(rule.older_than)))
    elif rule.younger_than is not None:
        parts.append("%s (below %s)" % (_passed(rule, item, now), format_duration(rule.younger_than)))
    patterns = rule.tags or rule.repositories
    if patterns is not None and not parts:
        parts.append("matches %s" % ", ".join(patterns.texts))
    elif rule.labels is not None and not parts:
        parts.append("has the label")
    words = ", ".join(parts)
    if not use_known:
        return words or "selected by the rule"
    if not words:
        return "unused"
    return words if rule.clock == LAST_USED and item.tagged else "unused; " + words


def _nearest(policy: Policy, item: Item, now: int) -> str:
    """Why no rule deletes it: for the first rule that would, but for its age, how far it is."""
    if not policy.delete:
        return "no delete rules"
    for rule in policy.delete:
        if rule.older_than is None or not selects(rule, item):
            continue
        if older_than(clock_of(rule, item, now), rule.older_than, now) is not True:
            return "no delete rule matches yet: %s, %s deletes from %s" % (
                _passed(rule, item, now),
                rule.title,
                format_duration(rule.older_than),
            )
    if any(selects(rule, item, True) for rule in policy.delete if not selects(rule, item)):
        return "no delete rule matches for certain: %s" % _TOO_LONG
    return "no delete rule matches"
