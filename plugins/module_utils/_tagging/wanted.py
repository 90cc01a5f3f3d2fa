# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags that an image is to get by a convention, before anything is known of those that exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.floating import LATEST
from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.lines import FIRST_YEAR, PATCH, Line
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.names import checked, sanitise
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import (
    ALWAYS,
    AUTO,
    BRANCH,
    CALVER,
    DATE,
    DROP,
    ENVIRONMENT,
    ENVIRONMENTS,
    GIT,
    LATEST_CHOICES,
    LONG,
    RAW,
    SHORT,
    VERSIONED,
    Scheme,
    parse_schemes,
    text_of,
)

SHORT_COMMIT = 12
LONG_COMMIT = 40
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_NUMBER = "(?:0|[1-9][0-9]*)"
_SEMVER = re.compile(r"(v?%s(?:\.%s){2})(-%s)?(?:\+(%s))?" % (_NUMBER, _NUMBER, _IDENTIFIERS, _IDENTIFIERS))
_CALVER = re.compile(r"(v?[0-9]+(?:\.[0-9]+){1,4})(-%s)?(?:\+(%s))?" % (_IDENTIFIERS, _IDENTIFIERS))


@dataclass(frozen=True)
class Release:
    """Where a floating tag may go is decided by its line and the version of the image."""

    line: Line
    version: Version


@dataclass(frozen=True)
class Wanted:
    """A tag for the image. One with `release` moves only to the highest of its line; `after` is a stage that must be at the image before."""

    name: str
    why: str
    release: Optional[Release] = None
    after: Optional[str] = None


@dataclass(frozen=True)
class Convention:
    """The options of a convention, parsed; `now` in epoch seconds."""

    schemes: Tuple[Scheme, ...]
    latest: str = AUTO
    version: Optional[str] = None
    environment: Optional[str] = None
    branch: Optional[str] = None
    commit: Optional[str] = None
    now: int = 0


def parse_convention(options: Mapping[str, Any], now: int) -> Convention:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    git = options.get("git") or {}
    if not isinstance(git, Mapping) or set(git) - {"branch", "commit"}:
        raise PolicyError("git: %r is not a mapping with branch and commit" % (git,))
    latest = options.get("latest") or AUTO
    if latest not in LATEST_CHOICES:
        raise PolicyError("latest: %r is none of %s" % (latest, ", ".join(LATEST_CHOICES)))
    return Convention(
        schemes=parse_schemes(options.get("schemes")),
        latest=str(latest),
        version=_given("version", options.get("version")),
        environment=_given("environment", options.get("environment")),
        branch=_given("git.branch", git.get("branch")),
        commit=_commit(_given("git.commit", git.get("commit"))),
        now=now,
    )


def wanted_tags(convention: Convention) -> Tuple[Wanted, ...]:
    """In the order in which they are to be set: those that stay first, `latest` last. Raises PolicyError."""
    found: List[Wanted] = []
    for position, scheme in enumerate(convention.schemes):
        found += _of_scheme("schemes[%d]" % position, scheme, convention)
    if convention.latest == ALWAYS:
        found = [one for one in found if not _is_latest(one)]
        found += [Wanted(name, "latest: always") for name in names_of_latest(convention.schemes)]
    kept: List[Wanted] = []
    for one in found:
        if one not in kept:
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.release is not None, _is_latest(one))))


def names_of_latest(schemes: Sequence[Scheme]) -> List[str]:
    """`latest` of every line of versions; where there is none, of every suffix."""
    lines = [one.line.latest for one in schemes if one.type in VERSIONED]
    return list(dict.fromkeys(lines or [LATEST + one.suffix for one in schemes]))


def _is_latest(one: Wanted) -> bool:
    return one.name == LATEST or (one.release is not None and one.name == one.release.line.latest)


def _of_scheme(where: str, scheme: Scheme, convention: Convention) -> Iterator[Wanted]:
    if scheme.type in VERSIONED:
        yield from _versions(where, scheme, convention)
    elif scheme.type == ENVIRONMENT:
        yield _environment(where, scheme, convention)
    elif scheme.type == GIT:
        yield from _git(where, scheme, convention)
    elif scheme.type == DATE:
        moment = datetime.fromtimestamp(convention.now, timezone.utc)
        text = moment.strftime(scheme.format)
        yield Wanted(checked(where + ".format", scheme.prefix + text + scheme.suffix), "the date")
    elif scheme.type == RAW:
        yield Wanted(scheme.prefix + scheme.value + scheme.suffix, "as given")


def _versions(where: str, scheme: Scheme, convention: Convention) -> Iterator[Wanted]:
    if convention.version is None:
        raise PolicyError("version: %s (%s) needs it; give the version of the image" % (where, scheme.type))
    calendar = scheme.type == CALVER
    match = (_CALVER if calendar else _SEMVER).fullmatch(convention.version)
    if match is None:
        raise PolicyError(
            "version: %r is no %s version; write for example %s"
            % (convention.version, scheme.type, "2026.11.1" if calendar else "1.2.3, 1.2.3-rc.1 or 1.2.3+build.5")
        )
    numbers, pre, build = match.group(1), match.group(2) or "", match.group(3)
    if not calendar and int(numbers.lstrip("v").partition(".")[0]) >= FIRST_YEAR:
        raise PolicyError("version: %r begins with a year, which is no semver version; use calver" % convention.version)
    if scheme.v and not numbers.startswith("v"):
        numbers = "v" + numbers
    text = numbers + pre + ("_" + build.replace("-", ".") if build and scheme.build_metadata != DROP else "")
    full = checked(where, scheme.prefix + text + scheme.suffix)
    line = scheme.line
    version = line.read(full)
    if PATCH in scheme.levels or version is None or version.prerelease:
        yield Wanted(full, "the version")
    # A prerelease, of a known kind or not, never moves anything.
    if version is None or version.prerelease:
        return
    release = Release(line, version)
    for name in line.shorter(numbers, scheme.levels):
        yield Wanted(name, "the highest of its line", release)
    if convention.latest == AUTO:
        yield Wanted(line.latest, "the highest of all", release)


def _environment(where: str, scheme: Scheme, convention: Convention) -> Wanted:
    environment = convention.environment
    if environment is None:
        raise PolicyError("environment: %s (environment) needs it; give the environment that gets the image" % where)
    if scheme.stages and environment not in scheme.stages:
        raise PolicyError("environment: %r is none of %s" % (environment, ", ".join(scheme.stages)))
    before = None
    if scheme.in_order and scheme.stages.index(environment):
        before = scheme.prefix + scheme.stages[scheme.stages.index(environment) - 1] + scheme.suffix
    tag = checked("environment", scheme.prefix + environment + scheme.suffix)
    if _is_of_releases(tag, convention.schemes):
        raise PolicyError(
            "environment: %r would take the tag %s, which is for releases; give %s a prefix, or use the scheme raw"
            % (environment, tag, where)
        )
    return Wanted(tag, "the environment", after=before)


def _git(where: str, scheme: Scheme, convention: Convention) -> Iterator[Wanted]:
    for what in scheme.of:
        if what == BRANCH:
            if convention.branch is None:
                raise PolicyError("git.branch: %s needs it; give it, or name only commits in 'of'" % where)
            tag = sanitise("git.branch", convention.branch, scheme.prefix, scheme.suffix)
            owner = _owner(tag, convention.schemes)
            if owner is not None:
                raise PolicyError(
                    "git.branch: the branch %r would take the tag %s, which is for %s; give %s a prefix"
                    % (convention.branch, tag, owner, where)
                )
            yield Wanted(tag, "the branch")
        else:
            if convention.commit is None:
                raise PolicyError("git.commit: %s needs it; give it, or name only branch in 'of'" % where)
            if what == LONG and len(convention.commit) < LONG_COMMIT:
                raise PolicyError(
                    "git.commit: %r is not whole (%d digits or more), which %s needs for 'long'"
                    % (convention.commit, LONG_COMMIT, where)
                )
            commit = convention.commit[:SHORT_COMMIT] if what == SHORT else convention.commit
            yield Wanted(checked(where, scheme.prefix + commit + scheme.suffix), "the commit")


def _owner(tag: str, schemes: Sequence[Scheme]) -> Optional[str]:
    """Whose tag a branch would take."""
    if _is_of_releases(tag, schemes):
        return "releases"
    for one in schemes:
        if one.type == ENVIRONMENT and tag in (one.prefix + stage + one.suffix for stage in one.stages or ENVIRONMENTS):
            return "an environment"
    return None


def _is_of_releases(tag: str, schemes: Sequence[Scheme]) -> bool:
    latest = tag in names_of_latest(schemes) or tag == LATEST or tag.startswith(LATEST + "-")
    return latest or parse_version(tag) is not None


def _given(where: str, value: Any) -> Optional[str]:
    return None if value is None or value == "" else text_of(where, value)


def _commit(text: Optional[str]) -> Optional[str]:
    if text is not None and not _COMMIT.fullmatch(text.lower()):
        raise PolicyError("git.commit: %r is not a commit (7 to 64 hexadecimal digits)" % text)
    return text and text.lower()
