# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags of a repository are meant: patterns, and ranges of versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.ranges import VersionRange, parse_range

RANGE = "semver:"


@dataclass(frozen=True)
class TagSelection:
    """A tag is meant when a pattern or a range matches and no exclusion does; everything when nothing is given."""

    patterns: Optional[PatternList]
    ranges: Tuple[VersionRange, ...]

    def matches(self, tag: str) -> bool:
        if self.patterns is not None and self.patterns.excluded and not _not_excluded(self.patterns, tag):
            return False
        positive = self.patterns is not None and bool(self.patterns.positive)
        if not positive and not self.ranges:
            return True
        return any(one.matches(tag) for one in self.ranges) or (
            positive and self.patterns is not None and self.patterns.matches_text(tag)
        )

    def choose(self, tags: Sequence[str]) -> List[str]:
        """In the registry's order. Signatures and lists of referrers go with what they belong to, never by name."""
        return [tag for tag in tags if attached_to(tag) is None and self.matches(tag)]


def parse_tags(where: str, value: Any) -> TagSelection:
    """Raises PolicyError."""
    if value in (None, "", []):
        return TagSelection(None, ())
    texts: List[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    ranges = [one for one in texts if isinstance(one, str) and one.startswith(RANGE)]
    others = [one for one in texts if one not in ranges]
    for one in others:
        if isinstance(one, str) and one.strip().lstrip("!").strip().startswith(RANGE):
            raise PolicyError(
                "%s: %r: a range cannot be excluded, nor have spaces around it; write 'semver:' and the versions that are meant"
                % (where, one)
            )
    return TagSelection(
        compile_patterns(where, others) if others else None,
        tuple(parse_range(where, one[len(RANGE) :]) for one in ranges),
    )


def _not_excluded(patterns: PatternList, tag: str) -> bool:
    return PatternList((), patterns.excluded).matches_text(tag)
