# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: findings that somebody answers for until a day."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import (
    OnePattern,
    PatternList,
    compile_pattern,
    compile_patterns,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.fields import fields_of, list_of, text_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.instant import DAY, end_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import PREFIX, forms
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject, as_reference

FIELDS = ("id", "package", "images", "owner", "reason", "expires")
# So that there is time to act before it ends.
SOON = 14 * DAY
LONG = 365 * DAY
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")


@dataclass(frozen=True)
class Waiver:
    """`expires` as it was written, `ends` the epoch second from which it no longer holds. `where` is its place (`waivers[3]`).

    `package` is a name or a package URL, `pattern` the same compiled; without, it is for every package, without `images` for every image.
    """

    id: str
    owner: str
    reason: str
    expires: str
    ends: int
    where: str
    package: Optional[str] = None
    pattern: Optional[PatternList] = None
    images: Optional[PatternList] = None

    @property
    def scope(self) -> Tuple[str, str, Tuple[str, ...]]:
        """What it is for: two of the same scope are one, given twice."""
        images = tuple(sorted(self.images.texts)) if self.images is not None else ()
        return self.id.lower(), self.package or "", images

    def covers(self, finding: Finding, subject: Subject) -> bool:
        """Whether it is for this finding there, expired or not."""
        return self.names(finding) and self.is_for(subject)

    def names(self, finding: Finding) -> bool:
        """Whether it is for this finding in some image: by one of the names that mean it, and the package."""
        if not any(self.id.lower() == name.lower() for name in finding.names):
            return False
        if self.package is None or self.pattern is None:
            return True
        subjects = forms(finding.purl) if self.package.startswith(PREFIX) else (finding.package,)
        return any(self.pattern.matches_text(one) for one in subjects)

    def is_for(self, subject: Subject) -> bool:
        """Whether it is for this image: a digest with several names is covered only when each of them is, since it runs by each."""
        return not self.misses(subject)

    def misses(self, subject: Subject) -> Tuple[str, ...]:
        """The names of the image that it is not for."""
        if self.images is None:
            return ()
        return tuple(name for name in _telling(subject) if not _is_image(self.images, name))


def _telling(subject: Subject) -> List[str]:
    """Its names without those by digest of a repository that has a tag of it: no pattern is written for a digest."""
    tagged = {reference.repository for reference in subject.parsed if reference.tag}
    names = [(name, as_reference(name)) for name in subject.names]
    return [name for name, one in names if one is None or one.tag or one.repository not in tagged]


def _is_image(patterns: PatternList, name: str) -> bool:
    """A pattern is for a repository, or for one with its tag (`team/app:1.*`); for a path as it is."""
    reference = as_reference(name)
    if reference is None:
        return patterns.matches_text(name)
    forms = [reference.repository]
    if reference.tag:
        forms.append("%s:%s" % (reference.repository, reference.tag))
    included = PatternList(patterns.positive, ())
    excluded = [PatternList((one,), ()) for one in patterns.excluded]
    return any(included.matches_repository(form) for form in forms) and not any(
        one.matches_repository(form, unknown=True) for one in excluded for form in forms
    )


def parse_waivers(entries: Any, where: str = "waivers") -> Tuple[Waiver, ...]:
    """From a list of mappings (None: none); raises PolicyError naming the place (`waivers[3].expires`), value and what is accepted."""
    return tuple(
        _waiver("%s[%d]" % (where, index), entry) for index, entry in enumerate(list_of(where, entries, "waivers"))
    )


def parse_waivers_text(text: str, where: str) -> Tuple[Waiver, ...]:
    """From a file: a JSON list of waivers, or a mapping with the one key `waivers`; `where` is its name. Raises PolicyError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError("%s: it is not JSON (%s); write a list of waivers" % (where, error)) from error
    if isinstance(document, AnyMapping):
        document = fields_of(where, document, ("waivers",)).get("waivers")
    if document is None:
        raise PolicyError("%s: it holds no list of waivers; an empty list is []" % where)
    return parse_waivers(document, where + ": waivers")


def latest(waivers: Iterable[Waiver]) -> Tuple[Waiver, ...]:
    """Of several for the same scope the one that ends last; in the order of their first places."""
    kept: Dict[Any, Waiver] = {}
    for one in waivers:
        known = kept.get(one.scope)
        if known is None or one.ends > known.ends:
            kept[one.scope] = one
    return tuple(kept.values())


def longest(waivers: Iterable[Waiver]) -> Optional[Waiver]:
    """The one that ends last; of several the first."""
    return max(waivers, key=lambda one: one.ends, default=None)


def _waiver(where: str, entry: Any) -> Waiver:
    given = fields_of(where, entry, FIELDS)
    for field in ("id", "owner", "reason", "expires"):
        if field not in given:
            raise PolicyError("%s.%s: it is missing; a waiver needs id, owner, reason and expires" % (where, field))
    expires = text_of(where + ".expires", given["expires"], '"2026-12-31"')
    try:
        ends = end_of(expires)
    except ValueError as error:
        raise PolicyError(
            "%s.expires: %r: %s; or write a date like 2026-12-31, which holds until the end of that day in UTC"
            % (where, expires, error)
        ) from error
    pattern = _package(where + ".package", given.get("package"))
    return Waiver(
        id=_id(where + ".id", given["id"]),
        owner=text_of(where + ".owner", given["owner"], '"security@example.com"'),
        reason=text_of(where + ".reason", given["reason"], '"the function is not called"'),
        expires=expires,
        ends=ends,
        where=where,
        package=None if pattern is None else pattern.text,
        pattern=None if pattern is None else PatternList((pattern,), ()),
        images=compile_patterns(where + ".images", given["images"]) if "images" in given else None,
    )


def _id(where: str, value: Any) -> str:
    text = text_of(where, value, "CVE-2026-1234")
    if not _ID.fullmatch(text):
        raise PolicyError(
            "%s: %r is not the id of one vulnerability, like CVE-2026-1234; what should never count is for the policy"
            % (where, text)
        )
    return text


def _package(where: str, value: Any) -> Optional[OnePattern]:
    if value is None:
        return None
    text = text_of(where, value, "openssl or pkg:deb/debian/openssl@3.0.*")
    if text.startswith("!"):
        raise PolicyError("%s: %r excludes; write the package that is waived" % (where, text))
    return compile_pattern(where, text)
