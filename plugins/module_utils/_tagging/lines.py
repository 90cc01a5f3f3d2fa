# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of versions: the tags that count as releases of one line, and which floating tags a release may take there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.floating import LATEST
from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version

# From here on the first number is a year.
FIRST_YEAR = 1000
PATCH, MINOR, MAJOR = "patch", "minor", "major"
LEVELS = (PATCH, MINOR, MAJOR)
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")

Key = Tuple[object, ...]


@dataclass(frozen=True)
class Line:
    """Tags with the same prefix and suffix whose versions follow each other; a v before the number is no difference."""

    prefix: str = ""
    suffix: str = ""
    calendar: bool = False

    @property
    def latest(self) -> str:
        return self.prefix + LATEST + self.suffix

    def read(self, tag: str) -> Optional[Version]:
        """The version of a full version tag of this line, prerelease or not; None for every other tag, floating ones too.

        What follows `_` is build metadata, which has no rank; a `-` in it begins the suffix of another line. In a semantic version what
        follows `-` is a prerelease, also a number or a commit (item 9); words that are no known kind of one are taken for a variant.
        """
        rest = self._inside(tag)
        if rest is None:
            return None
        text, _line, build = rest.partition("_")
        if "-" in build:
            return None
        version = parse_version(text)
        if version is None or version.variant or len(version.numbers) < self.least:
            return None
        if self._other_calendar(version):
            return None
        _numbers, dash, pre = text.partition("-")
        return replace(version, prerelease=pre, build=()) if dash and not self.calendar else version

    def is_short(self, tag: str) -> bool:
        """Whether it is a floating tag of this line."""
        if tag == self.latest:
            return True
        rest = self._inside(tag)
        numbers = None if rest is None else _NUMBERS.fullmatch(rest[1:] if rest.startswith("v") else rest)
        if numbers is None:
            return False
        version = parse_version(numbers.group())
        short = 4 if self.calendar else 3
        return version is not None and len(version.numbers) < short and not self._other_calendar(version)

    @property
    def least(self) -> int:
        """So many numbers make a full version."""
        return 2 if self.calendar else 3

    def releases(self, tags: Iterable[str]) -> Dict[str, Version]:
        """Those of the tags that are releases of this line, prereleases left out."""
        found = {}
        for tag in tags:
            version = self.read(tag)
            if version is not None and not version.prerelease:
                found[tag] = version
        return found

    def above(self, tag: str, version: Version, releases: Dict[str, Version]) -> Optional[str]:
        """The highest release that a floating tag of this version belongs to instead; None when this one is the highest."""
        better = [
            (rank(other), name)
            for name, other in releases.items()
            if rank(other) > rank(version) and self.covers(tag, other)
        ]
        return max(better)[1] if better else None

    def covers(self, tag: str, version: Version) -> bool:
        """Whether a floating tag of this line is one of that version."""
        if tag == self.latest:
            return True
        rest = self._inside(tag)
        own = None if rest is None else parse_version(rest)
        return own is not None and version.numbers[: len(own.numbers)] == own.numbers

    def level(self, tag: str) -> Optional[str]:
        """Which of `levels` a short tag other than `latest` belongs to."""
        return {0: MAJOR, 1: MINOR}.get((self._inside(tag) or "").count("."))

    def shorter(self, text: str, levels: Iterable[str]) -> List[str]:
        """The floating tags of a full version (its text without prefix and suffix), the longest first.

        None for major version 0, which promises nothing from one minor version to the next.
        """
        match = re.match(r"(v?)(\d+(?:\.\d+)*)", text)
        if match is None:
            return []
        pieces = match.group(2).split(".")
        found = []
        for level, count in ((MINOR, 2), (MAJOR, 1)):
            if level in levels and len(pieces) > count and not (count == 1 and int(pieces[0]) == 0):
                found.append(self.prefix + match.group(1) + ".".join(pieces[:count]) + self.suffix)
        return found

    def _inside(self, tag: str) -> Optional[str]:
        long_enough = len(tag) > len(self.prefix) + len(self.suffix)
        if not long_enough or not tag.startswith(self.prefix) or not tag.endswith(self.suffix):
            return None
        return tag[len(self.prefix) : len(tag) - len(self.suffix)]

    def _other_calendar(self, version: Version) -> bool:
        """Years are no major versions of a semantic line, so one repository may have both."""
        return not self.calendar and version.major >= FIRST_YEAR


def rank(version: Version) -> Key:
    """Order of releases within a line."""
    return version.key
