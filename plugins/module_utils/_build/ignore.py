# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a folder a .dockerignore leaves out, as BuildKit reads it (moby/patternmatcher)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Callable, List, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


@dataclass(frozen=True)
class _Pattern:
    """One line; `includes`: it begins with an exclamation mark."""

    includes: bool
    matches: Callable[[str], bool]


#: For each pattern, whether it spoke of a folder; what lies in the folder inherits it.
Matches = Tuple[bool, ...]


class Ignored:
    """A .dockerignore. Paths are relative, with slashes; a folder is asked before what lies in it."""

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        self._patterns = tuple(patterns)
        #: Whether something inside an ignored folder may be wanted after all.
        self.has_exceptions = any(pattern.includes for pattern in patterns)
        #: For what lies in the context itself.
        self.top: Matches = (False,) * len(self._patterns)

    def look(self, path: str, above: Matches) -> Tuple[bool, Matches]:
        """Whether it is left out, and what that means for what lies in it; `above` is the same of the folder that it is in.

        The last line that speaks of it decides. A line that would not change the answer is not asked, and so is not inherited
        either: that is how BuildKit does it (MatchesUsingParentResults).
        """
        left_out = False
        found = []
        for pattern, inherited in zip(self._patterns, above):
            match = inherited or (pattern.includes == left_out and pattern.matches(path))
            found.append(match)
            if match:
                left_out = not pattern.includes
        return left_out, tuple(found)

    def __call__(self, path: str) -> bool:
        """Whether it is left out."""
        left_out, matches = False, self.top
        parts = path.split("/")
        for count in range(len(parts)):
            left_out, matches = self.look("/".join(parts[: count + 1]), matches)
        return left_out


def parse_ignore(name: str, text: str) -> Ignored:
    """Raises PolicyError naming file, line and cause."""
    patterns: List[_Pattern] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        includes, rest = _sign(line.strip())
        cleaned = posixpath.normpath(rest) if rest else ""
        if len(cleaned) > 1:
            cleaned = cleaned.lstrip("/")
        if not cleaned and includes:
            raise PolicyError(
                "%s, line %d: an exclamation mark alone says nothing; write a path behind it" % (name, number)
            )
        try:
            patterns.append(_Pattern(includes, _matcher(cleaned)))
        except re.error as error:
            raise PolicyError("%s, line %d: %r is not a pattern: %s" % (name, number, line.strip(), error)) from error
    return Ignored(patterns)


def _sign(line: str) -> Tuple[bool, str]:
    return (True, line[1:].strip()) if line.startswith("!") else (False, line)


def _matcher(pattern: str) -> Callable[[str], bool]:
    if pattern.startswith("**") and not re.search(r"[*?\\\[]", pattern[2:]):
        ending = pattern[2:]
        return lambda path: path.endswith(ending) or (ending[:1] == "/" and path == ending[1:])
    compiled = re.compile(_translate(pattern), re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None


def _translate(pattern: str) -> str:
    """A regular expression: `*` and `?` stay inside a path segment, `**` crosses segments, sets are as in Go's filepath.Match."""
    found = ""
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        place += 1
        if sign == "*" and pattern[place : place + 1] == "*":
            place += 1
            if pattern[place : place + 1] == "/":
                place += 1
            found += ".*" if place == len(pattern) else "(?:.*/)?"
        elif sign == "*":
            found += "[^/]*"
        elif sign == "?":
            found += "[^/]"
        elif sign == "\\":
            if place == len(pattern):
                raise re.error("nothing follows the backslash")
            found += re.escape(pattern[place])
            place += 1
        elif sign == "[":
            end = pattern.find("]", place + 1)
            if end < 0:
                raise re.error("a set is not closed")
            found += "[" + pattern[place:end] + "]"
            place = end + 1
        else:
            found += re.escape(sign)
    return found
