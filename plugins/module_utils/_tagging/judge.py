# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of each wanted tag, given those that exist: the one decision that check mode shows and real mode carries out."""

from __future__ import annotations

from collections.abc import Iterable as AnyIterable
from dataclasses import dataclass, replace
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import (
    Convention,
    Wanted,
    parse_convention,
    wanted_tags,
)

CREATE, MOVE, KEEP, HOLD, REMOVE = "create", "move", "keep", "hold", "remove"
PLANNED, DONE, FAILED, REFUSED = "planned", "done", "failed", "refused"


@dataclass(frozen=True)
class Row:
    """`digest` is what the tag means afterwards, `previous` what it meant before; `higher` is the release that a held tag belongs to,
    `immutable` that it stays at what it means once it is there."""

    name: str
    action: str
    reason: str
    digest: Optional[str]
    previous: Optional[str]
    wanted: Wanted
    higher: Optional[str] = None
    immutable: bool = False

    @property
    def changes(self) -> bool:
        return self.action in (CREATE, MOVE, REMOVE)


def names_to_ask(wanted: Sequence[Wanted]) -> List[str]:
    """The tags whose digests judge() needs."""
    return list(dict.fromkeys(name for one in wanted for name in (one.name, one.after) if name))


def judge(
    wanted: Sequence[Wanted],
    existing: Iterable[str],
    digests: Mapping[str, Optional[str]],
    digest: str,
    immutable: Optional[PatternList] = None,
) -> List[Row]:
    """One row per tag. `existing` are the names of all tags, `digests` what some of them mean (None: not there).

    A tag that several schemes want is held when one of them holds it.
    """
    listed = list(existing)
    rows: Dict[str, Row] = {}
    for one in wanted:
        row = replace(_row(one, listed, digests.get(one.name), digest), immutable=_is_immutable(one.name, immutable))
        if one.name not in rows or row.action == HOLD:
            rows[one.name] = row
    return list(rows.values())


def judge_removal(
    wanted: Sequence[Wanted],
    digests: Mapping[str, Optional[str]],
    digest: Optional[str],
    immutable: Optional[PatternList] = None,
) -> List[Row]:
    """The same for tags that are to go: those that mean the image. `digest` is None when the image itself is not there."""
    rows: Dict[str, Row] = {}
    for one in wanted:
        before = digests.get(one.name)
        if before is None:
            row = Row(one.name, KEEP, "it is not there", None, None, one)
        elif before != digest:
            row = Row(one.name, HOLD, "it means another image", before, before, one)
        elif _is_immutable(one.name, immutable):
            row = Row(one.name, HOLD, "it matches 'immutable', so it stays", before, before, one, immutable=True)
        else:
            row = Row(one.name, REMOVE, "it means this image", None, before, one)
        rows[one.name] = row
    return list(rows.values())


def _is_immutable(name: str, immutable: Optional[PatternList]) -> bool:
    return immutable is not None and immutable.matches_text(name)


def _row(one: Wanted, listed: Sequence[str], before: Optional[str], digest: str) -> Row:
    higher = higher_release(one, listed)
    if higher is not None:
        reason = "%s is higher, so it does not move" % higher
        return Row(one.name, HOLD, reason, before, before, one, higher)
    if before == digest:
        return Row(one.name, KEEP, "it is there already", digest, before, one)
    return Row(one.name, CREATE if before is None else MOVE, one.why, digest, before, one)


def higher_release(one: Wanted, listed: Iterable[str]) -> Optional[str]:
    """The existing release that a floating tag belongs to instead; None for what is no floating tag."""
    if one.release is None:
        return None
    line = one.release.line
    return line.above(one.name, one.release.version, line.releases(listed))


def refuse_changes(rows: Sequence[Row], new: Optional[str] = None) -> None:
    """Raises RefusedError when a tag that must not move would. `new` names the image where its digest is not known yet."""
    broken = [row for row in rows if row.action == MOVE and row.immutable]
    if broken:
        told = "; ".join("%s is %s and would become %s" % (row.name, row.previous, new or row.digest) for row in broken)
        raise RefusedError(
            "Nothing was changed: %s. It matches 'immutable'; give the image another version, or take the tag out of 'immutable'"
            % told
        )


def refuse_skipped_stages(
    wanted: Sequence[Wanted], digests: Mapping[str, Optional[str]], digest: str, new: Optional[str] = None
) -> None:
    """Raises RefusedError when an image would get to a stage without the one before. `new` as above."""
    for one in wanted:
        if one.after is not None and digests.get(one.after) != digest:
            raise RefusedError(
                "Nothing was changed: %s comes after %s, which is %s and not %s; bring the image there first"
                % (one.name, one.after, digests.get(one.after) or "not there", new or digest)
            )


def tags_for(version: Any = None, existing: Any = (), now: int = 0, **options: Any) -> List[str]:
    """The tags that an image of that version may take, given the names of those that exist. Raises PolicyError."""
    known = {"schemes", "latest", "environment", "git"}
    unknown = sorted(set(options) - known)
    if unknown:
        raise PolicyError("tags_for: %s is no option; known are %s" % (unknown[0], ", ".join(sorted(known))))
    convention = parse_convention({**options, "version": version}, now)
    rows = judge(wanted_tags(convention), _names(existing), {}, "")
    return [row.name for row in rows if row.action != HOLD]


def _names(existing: Any) -> List[str]:
    """Of any iterable, also one that can be read only once, as filters hand them over. Raises PolicyError."""
    names = None if isinstance(existing, (str, bytes)) or not isinstance(existing, AnyIterable) else list(existing)
    if names is None or not all(isinstance(one, str) for one in names):
        raise PolicyError(
            "tags_for: existing: %r is not a list of names; of an entry of repositories of registry_info write "
            "entry.tags | map(attribute='name')" % (existing if names is None else names,)
        )
    return names


def convention_and_tags(options: Mapping[str, Any], now: int) -> Tuple[Convention, Tuple[Wanted, ...]]:
    """Everything that can be wrong with the options is found here. Raises PolicyError."""
    convention = parse_convention(options, now)
    wanted = wanted_tags(convention)
    if not wanted:
        raise PolicyError("schemes: they give the image no tag at all; add levels, or another scheme")
    return convention, wanted
