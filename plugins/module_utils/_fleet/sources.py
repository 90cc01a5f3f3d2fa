# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that name images in use outside the inventory, and when one of them must stop deletion (S3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import SourceEntry
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.scan import Found
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration, parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import MAX_DIFFERENCE

DEFAULT_MAX_AGE = 26 * 3600
_FIELDS = ("path", "max_age", "registry", "may_shrink")


@dataclass(frozen=True)
class Source:
    """One entry of `protect_from`: `max_age` in seconds, 0 for none; `registry` that of names without one in this file."""

    path: str
    max_age: int = DEFAULT_MAX_AGE
    registry: Optional[str] = None
    may_shrink: bool = False


@dataclass(frozen=True)
class Reading:
    """What reading a source gave: its time and size and what it names, or why there is nothing (`failure`)."""

    source: Source
    failure: Optional[str] = None
    modified: int = 0
    size: int = 0
    found: Found = Found()


def parse_sources(value: Any) -> Tuple[Source, ...]:
    """Raises PolicyError naming the entry's position, its value and what is accepted."""
    sources: List[Source] = []
    for position, entry in enumerate(parse_list("protect_from", value)):
        source = _source("protect_from[%d]" % position, entry)
        if source.path in [other.path for other in sources]:
            raise PolicyError("protect_from[%d]: %s is listed twice" % (position, source.path))
        sources.append(source)
    return tuple(sources)


def _source(where: str, entry: Any) -> Source:
    if isinstance(entry, str) and entry.strip():
        return Source(entry.strip())
    if not isinstance(entry, Mapping):
        raise PolicyError("%s: %r is neither a path nor a mapping with a path" % (where, entry))
    for field in entry:
        if field not in _FIELDS:
            raise PolicyError("%s.%s: no such field; there are %s" % (where, field, ", ".join(_FIELDS)))
    path, registry, may_shrink = entry.get("path"), entry.get("registry"), entry.get("may_shrink")
    if not isinstance(path, str) or not path.strip():
        raise PolicyError("%s.path: %r is not a path" % (where, path))
    if registry is not None and (not isinstance(registry, str) or not registry.strip() or "/" in registry):
        raise PolicyError("%s.registry: %r is not a registry; write host or host:port" % (where, registry))
    if may_shrink is not None and not isinstance(may_shrink, bool):
        raise PolicyError("%s.may_shrink: %r is neither true nor false" % (where, may_shrink))
    max_age = entry.get("max_age")
    try:
        seconds = DEFAULT_MAX_AGE if max_age is None else parse_duration(max_age)
    except PolicyError as error:
        raise PolicyError("%s.max_age: %s" % (where, error)) from error
    return Source(path.strip(), seconds, registry.strip() if registry else None, bool(may_shrink))


def judge_source(
    reading: Reading, earlier: Optional[SourceEntry], now: int
) -> Tuple[Optional[SourceEntry], Optional[str]]:
    """The source's entry after this run, and why it stops deletion, None when it does not.

    What a source named when it was last believed stays protected until it can be believed again.
    """
    problem = _problem(reading, earlier, now)
    if reading.failure is not None:
        return earlier, problem
    found = reading.found
    fresh = SourceEntry(
        read=now,
        modified=max(0, reading.modified),
        size=reading.size,
        count=found.count,
        references=found.references,
        repositories=found.repositories,
        digests=found.digests,
    )
    if problem is None:
        return fresh, None
    if earlier is None:
        # Nothing to compare with next time: a first reading that was not believed is not a measure.
        return replace(fresh, count=0), problem
    return (
        replace(
            earlier,
            references=_both(earlier.references, found.references),
            repositories=_both(earlier.repositories, found.repositories),
            digests=_both(earlier.digests, found.digests),
        ),
        problem,
    )


def _problem(reading: Reading, earlier: Optional[SourceEntry], now: int) -> Optional[str]:
    source, path = reading.source, "protect_from: " + reading.source.path
    if reading.failure is not None:
        return "%s: %s. What it names may be in use; write it again, or take it off the list" % (path, reading.failure)
    age = now - reading.modified
    if age < -MAX_DIFFERENCE:
        return "%s: its time is %s in the future, so nothing tells how old it is; write it again" % (
            path,
            format_duration(-age),
        )
    if source.max_age and age > source.max_age:
        return (
            "%s: it was written %s ago, more than max_age (%s). Write it again, or give it another max_age (0: any age), "
            "as  {path: %s, max_age: 7d}" % (path, format_duration(age), format_duration(source.max_age), source.path)
        )
    if source.may_shrink:
        return None
    allowed = "; if that is right, give for one run  {path: %s, may_shrink: true}" % source.path
    count = reading.found.count
    if not count:
        return "%s: no image name was found in it%s" % (path, allowed)
    if earlier is not None and count * 2 < earlier.count:
        return "%s: it names %d images, less than half of the %d when it was last read%s" % (
            path,
            count,
            earlier.count,
            allowed,
        )
    return None


def _both(one: Iterable[str], other: Iterable[str]) -> Tuple[str, ...]:
    return tuple(sorted({*one, *other}))
