# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tags that a repository has, by a convention."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Container, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.lines import PATCH, rank
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.names import is_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import (
    ALWAYS,
    BRANCH,
    DATE,
    ENVIRONMENT,
    ENVIRONMENTS,
    GIT,
    NEVER,
    SHORT,
    VERSIONED,
    Scheme,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import (
    LONG_COMMIT,
    SHORT_COMMIT,
    names_of_latest,
)

DEFAULT_BRANCHES = ("main", "master")
_SHORT = re.compile("[0-9a-f]{7,%d}" % SHORT_COMMIT)
_LONG = re.compile("[0-9a-f]{%d,64}" % LONG_COMMIT)


def findings(
    tags: Mapping[str, Optional[str]], schemes: Sequence[Scheme], latest: str, made: Container[str] = ()
) -> List[Dict[str, Optional[str]]]:
    """One entry for each tag (`tags`: name -> digest, None where not known) that fits no scheme or does not follow its line.

    `made` are tags that the convention is known to make, such as that of a branch. Tags that only tell of a signature or another
    attachment are none of the convention's.
    """
    found = []
    for tag in sorted(tags):
        if attached_to(tag) is not None:
            continue
        fitting = tag in made or fits(tag, schemes, latest)
        problem = _strays(tag, tags, schemes, latest) if fitting else "it fits no scheme"
        if problem:
            found.append({"tag": tag, "digest": tags[tag], "finding": problem})
    return found


def fits(tag: str, schemes: Sequence[Scheme], latest: str) -> bool:
    """Whether some scheme of the convention could have made the tag."""
    return _always(tag, schemes, latest) or any(_fits(tag, one, latest) for one in schemes)


def _always(tag: str, schemes: Sequence[Scheme], latest: str) -> bool:
    return latest == ALWAYS and tag in names_of_latest(schemes)


def _fits(tag: str, scheme: Scheme, latest: str) -> bool:
    if scheme.type in VERSIONED:
        return _fits_line(tag, scheme, latest)
    if not tag.startswith(scheme.prefix) or not tag.endswith(scheme.suffix):
        return False
    rest = tag[len(scheme.prefix) : len(tag) - len(scheme.suffix)]
    if scheme.type == ENVIRONMENT:
        return rest in (scheme.stages or ENVIRONMENTS)
    if scheme.type == GIT:
        return any(_fits_git(rest, what, scheme) for what in scheme.of)
    if scheme.type == DATE:
        return _is_date(rest, scheme.format)
    return rest == scheme.value


def _fits_line(tag: str, scheme: Scheme, latest: str) -> bool:
    line = scheme.line
    if tag == line.latest:
        return latest != NEVER
    version = line.read(tag)
    if version is not None and (version.prerelease or PATCH in scheme.levels):
        return True
    return line.is_short(tag) and line.level(tag) in scheme.levels


def _fits_git(rest: str, what: str, scheme: Scheme) -> bool:
    if what == BRANCH:
        if not is_tag(rest):
            return False
        return rest in DEFAULT_BRANCHES if scheme.branches is None else scheme.branches.matches_text(rest)
    if what == SHORT:
        return _SHORT.fullmatch(rest) is not None
    return _LONG.fullmatch(rest) is not None


def _is_date(rest: str, form: str) -> bool:
    try:
        return datetime.strptime(rest, form).strftime(form) == rest
    except ValueError:
        return False


def _strays(tag: str, tags: Mapping[str, Optional[str]], schemes: Sequence[Scheme], latest: str) -> Optional[str]:
    """A floating tag at another digest than that of the highest release of its line."""
    others = (one for one in schemes if one.type not in VERSIONED)
    if tags[tag] is None or _always(tag, schemes, latest) or any(_fits(tag, one, latest) for one in others):
        return None
    for scheme in schemes:
        line = scheme.line
        if scheme.type not in VERSIONED or not line.is_short(tag):
            continue
        covered = {name: one for name, one in line.releases(tags).items() if line.covers(tag, one) and name != tag}
        if not covered:
            return None if line.read(tag) is not None else "no release of its line is there"
        if tag != line.latest and line.level(tag) not in scheme.levels:
            return None
        top = max(map(rank, covered.values()))
        best = sorted(name for name, one in covered.items() if rank(one) == top)
        digests = {tags[name] for name in best}
        if None not in digests and tags[tag] not in digests:
            return "it is not at %s, the highest of its line" % best[-1]
    return None
