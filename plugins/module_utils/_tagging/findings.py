# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tags that a repository has, by a convention."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.floating import LATEST
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.lines import MAJOR, MINOR, PATCH, rank
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.names import is_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import (
    BRANCH,
    DATE,
    ENVIRONMENT,
    GIT,
    NEVER,
    SHORT,
    VERSIONED,
    Scheme,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import SHORT_COMMIT

DEFAULT_BRANCHES = ("main", "master")
ENVIRONMENTS = ("dev", "staging", "production")
_LONG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def findings(
    tags: Mapping[str, Optional[str]], schemes: Sequence[Scheme], latest: str
) -> List[Dict[str, Optional[str]]]:
    """One entry for each tag (`tags`: name -> digest, None where not known) that fits no scheme or does not follow its line."""
    found = []
    for tag in sorted(tags):
        problem = None if fits(tag, schemes, latest) else "it fits no scheme"
        problem = problem or _strays(tag, tags, schemes)
        if problem:
            found.append({"tag": tag, "digest": tags[tag], "finding": problem})
    return found


def fits(tag: str, schemes: Sequence[Scheme], latest: str) -> bool:
    """Whether some scheme of the convention could have made the tag."""
    return (latest == "always" and any(tag == LATEST + one.suffix for one in schemes)) or any(
        _fits(tag, one, latest) for one in schemes
    )


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
    if line.read(tag) is not None:
        return PATCH in scheme.levels
    if not line.is_short(tag):
        return False
    dots = tag[len(scheme.prefix) : len(tag) - len(scheme.suffix)].count(".")
    return (MAJOR if dots == 0 else MINOR) in scheme.levels


def _fits_git(rest: str, what: str, scheme: Scheme) -> bool:
    if what == BRANCH:
        if not is_tag(rest):
            return False
        return rest in DEFAULT_BRANCHES if scheme.branches is None else scheme.branches.matches_text(rest)
    if what == SHORT:
        return len(rest) == SHORT_COMMIT and re.fullmatch("[0-9a-f]+", rest) is not None
    return _LONG.fullmatch(rest) is not None


def _is_date(rest: str, form: str) -> bool:
    try:
        return datetime.strptime(rest, form).strftime(form) == rest
    except ValueError:
        return False


def _strays(tag: str, tags: Mapping[str, Optional[str]], schemes: Sequence[Scheme]) -> Optional[str]:
    """A floating tag at another digest than that of the highest release of its line."""
    for scheme in schemes:
        line = scheme.line
        if scheme.type not in VERSIONED or not line.is_short(tag) or tags[tag] is None:
            continue
        covered = {name: one for name, one in line.releases(tags).items() if line.covers(tag, one) and name != tag}
        if not covered:
            return "no release of its line is there"
        top = max(map(rank, covered.values()))
        best = sorted(name for name, one in covered.items() if rank(one) == top)
        digests = {tags[name] for name in best}
        if None not in digests and tags[tag] not in digests:
            return "it is not at %s, the highest of its line" % best[-1]
    return None
