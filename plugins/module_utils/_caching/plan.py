# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cache is emptied now, by which rule, and why: all of it, or nothing.

A cache is emptied as a whole. What it held is with its upstream, and the engines that use it ask there while it starts anew, so
nothing is lost; and taking single pieces out of a running registry is what makes it serve nothing for something
(distribution#2367).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.policy import CachePolicy
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import told_time
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size

EMPTY, KEEP = "delete", "keep"
DAMAGE, MAX_SIZE, MIN_FREE, MAX_AGE = "damage", "max_size", "min_free", "max_age"
PLANNED, DONE, DEFERRED, FAILED = "planned", "done", "deferred", "failed"


@dataclass(frozen=True)
class CacheFacts:
    """`used` by the cache; `free` and `size` of its file system, in bytes. `hollow` are digests whose file is empty.

    `emptied` is when the cache last began empty, `now` this host's clock; both epoch seconds.
    """

    used: int
    free: int
    size: int
    hollow: Tuple[str, ...]
    emptied: int
    now: int

    @property
    def age(self) -> Optional[int]:
        """Seconds; None when it began in the future, so that no age can be told (S11)."""
        return self.now - self.emptied if self.emptied <= self.now else None


@dataclass(frozen=True)
class CachePlan:
    """The one row: what happens to the content of `cache`. `bytes` is what it occupies."""

    cache: str
    action: str
    rule: Optional[str]
    reason: str
    bytes: int
    outcome: str = PLANNED
    error: Optional[str] = None

    @property
    def empties(self) -> bool:
        return self.action == EMPTY

    @property
    def digest(self) -> str:
        """Names the plan."""
        text = "%s %s %s" % (self.cache, self.action, self.rule)
        return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()

    def ended(self, outcome: str, error: Optional[str] = None) -> "CachePlan":
        return replace(self, outcome=outcome, error=error)

    def as_rows(self) -> List[Dict[str, Any]]:
        return [asdict(self)]


def make_plan(cache: str, facts: CacheFacts, policy: CachePolicy) -> CachePlan:
    """The first rule that applies decides; damage needs no limit."""
    found = _damaged(facts) or _too_large(facts, policy) or _disk_full(facts, policy) or _too_old(facts, policy)
    if found is None or not facts.used:
        return CachePlan(cache, KEEP, None, _why_kept(facts, policy), facts.used)
    return CachePlan(cache, EMPTY, found[0], found[1], facts.used)


def clocks(facts: CacheFacts, policy: CachePolicy) -> Optional[str]:
    """Why an age could not decide, where one was asked for."""
    if policy.max_age is None or facts.age is not None:
        return None
    return "the cache began at %s, which lies in the future; set this host's clock right" % told_time(facts.emptied)


def _damaged(facts: CacheFacts) -> Optional[Tuple[str, str]]:
    if not facts.hollow:
        return None
    return DAMAGE, "%d pieces of content are empty files, such as %s: pulls of them fail" % (
        len(facts.hollow),
        facts.hollow[0],
    )


def _too_large(facts: CacheFacts, policy: CachePolicy) -> Optional[Tuple[str, str]]:
    if policy.max_size is None or facts.used <= policy.max_size:
        return None
    return MAX_SIZE, "it takes %s, more than %s (max_size)" % (format_size(facts.used), format_size(policy.max_size))


def _disk_full(facts: CacheFacts, policy: CachePolicy) -> Optional[Tuple[str, str]]:
    if policy.min_free is None or facts.free >= policy.min_free.of(facts.size):
        return None
    return MIN_FREE, "%s of %s are free on its disk, less than %s (min_free)" % (
        format_size(facts.free),
        format_size(facts.size),
        policy.min_free.text,
    )


def _too_old(facts: CacheFacts, policy: CachePolicy) -> Optional[Tuple[str, str]]:
    if policy.max_age is None or facts.age is None or facts.age < policy.max_age:
        return None
    return MAX_AGE, "it was last emptied %s ago, %s is the limit (max_age)" % (
        format_duration(facts.age),
        format_duration(policy.max_age),
    )


def _why_kept(facts: CacheFacts, policy: CachePolicy) -> str:
    if not facts.used:
        return "it is empty"
    words = ["it takes %s" % format_size(facts.used)]
    if policy.max_size is not None:
        words[0] += " of %s (max_size)" % format_size(policy.max_size)
    if facts.age is not None:
        words.append("began empty %s ago" % format_duration(facts.age))
    return ", ".join(words)
