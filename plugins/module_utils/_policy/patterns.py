# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns for repositories, tags and labels."""

from __future__ import annotations

import re
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Pattern, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

MAX_PATTERN = 500
# A pattern with wildcards may take too long for more, so whether it matches is not known then.
MAX_SUBJECT = 1000
REGEX = "regex:"
# What matters in a regular expression for its groups and repetitions; escapes and character classes are skipped as one.
_TOKENS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|[()*+]|.", re.DOTALL)
_HOST = re.compile(r"[^/]*[.:][^/]*/.*|localhost/.*", re.DOTALL)


@dataclass(frozen=True)
class OnePattern:
    """A compiled pattern; `with_host` when it names a registry host (repositories only)."""

    text: str
    regex: Pattern[str]
    is_regex: bool
    with_host: bool


@dataclass(frozen=True)
class PatternList:
    """Matches when any positive pattern does (or none is given) and no exclusion does; `unknown` is the answer when that is not known."""

    positive: Tuple[OnePattern, ...]
    excluded: Tuple[OnePattern, ...]

    @property
    def texts(self) -> Tuple[str, ...]:
        return tuple(one.text for one in self.positive) + tuple("!" + one.text for one in self.excluded)

    def matches_text(self, subject: str, unknown: bool = False) -> bool:
        """For tags."""
        return self._matches([subject], [subject], unknown)

    def matches_repository(self, repository: str, unknown: bool = False) -> bool:
        """For canonical repository names: a pattern with a host against the whole name, one without against the path on any host."""
        _host, _slash, path = repository.partition("/")
        without = [path]
        if repository.startswith("docker.io/library/"):
            without.append(path[len("library/") :])
        return self._matches([repository], without, unknown)

    def capture(self, subject: str) -> Optional[str]:
        """The first capture group of the first regular expression that matches."""
        for one in self.positive:
            match = one.regex.fullmatch(subject) if one.is_regex and len(subject) <= MAX_SUBJECT else None
            if match and one.regex.groups:
                return match.group(1)
        return None

    def _matches(self, whole: List[str], without: List[str], unknown: bool) -> bool:
        return _selects(
            [_hit(one, whole, without) for one in self.positive],
            [_hit(one, whole, without) for one in self.excluded],
            unknown,
        )


@dataclass(frozen=True)
class LabelPattern:
    """`key` or `key=pattern`."""

    text: str
    key: str
    value: Optional[OnePattern]

    def matches(self, labels: Mapping[str, str]) -> Optional[bool]:
        """None when it is not known."""
        if self.key not in labels:
            return False
        subject = str(labels[self.key])
        return self.value is None or _hit(self.value, [subject], [subject])


@dataclass(frozen=True)
class LabelList:
    """The same logic as PatternList for labels."""

    positive: Tuple[LabelPattern, ...]
    excluded: Tuple[LabelPattern, ...]

    def matches(self, labels: Mapping[str, str], unknown: bool = False) -> bool:
        return _selects(
            [one.matches(labels) for one in self.positive], [one.matches(labels) for one in self.excluded], unknown
        )


def _selects(positive: List[Optional[bool]], excluded: List[Optional[bool]], unknown: bool) -> bool:
    """`unknown` where one of these answers, and only that, would decide."""
    hit, out = _any(positive) if positive else True, _any(excluded)
    if out is True or hit is False:
        return False
    return unknown if out is None or hit is None else True


def _any(answers: List[Optional[bool]]) -> Optional[bool]:
    return True if True in answers else None if None in answers else False


def _hit(one: OnePattern, whole: List[str], without: List[str]) -> Optional[bool]:
    subjects = whole + without if one.is_regex else whole if one.with_host else without
    return _any([_hits(one, subject) for subject in subjects])


def _hits(one: OnePattern, subject: str) -> Optional[bool]:
    if not one.is_regex and "*" not in one.text:
        return subject == one.text
    return None if len(subject) > MAX_SUBJECT else one.regex.fullmatch(subject) is not None


def parse_texts(where: str, value: Any) -> Tuple[str, ...]:
    """A string or a list of strings; raises PolicyError for anything else, numbers above all: YAML has already changed them."""
    values: List[Any]
    if isinstance(value, AnySequence) and not isinstance(value, (str, bytes)):
        values = list(value)
    else:
        values = [value]
    for one in values:
        if isinstance(one, (bool, int, float)):
            raise PolicyError(
                '%s: %r is not text: YAML may already have changed it (1.10 becomes 1.1); quote it: "%s"'
                % (where, one, one)
            )
        if not isinstance(one, str):
            raise PolicyError("%s: %r is neither text nor a list of texts" % (where, one))
        if not one.strip() or one.strip() == "!":
            raise PolicyError('%s: an empty pattern matches nothing; drop it, or write "**" for everything' % where)
    if not values:
        raise PolicyError('%s: the list is empty; drop the field, or write "**" for everything' % where)
    return tuple(str(one).strip() for one in values)


def compile_patterns(where: str, value: Any) -> PatternList:
    """Patterns for repositories or tags; `where` names the field in errors (`delete[1].tags`)."""
    positive: List[OnePattern] = []
    excluded: List[OnePattern] = []
    for text in parse_texts(where, value):
        (excluded if text.startswith("!") else positive).append(
            compile_pattern(where, text[1:].strip() if text.startswith("!") else text)
        )
    return PatternList(tuple(positive), tuple(excluded))


def compile_labels(where: str, value: Any) -> LabelList:
    """Patterns for labels."""
    positive: List[LabelPattern] = []
    excluded: List[LabelPattern] = []
    for text in parse_texts(where, value):
        body = text[1:].strip() if text.startswith("!") else text
        key, equals, pattern = body.partition("=")
        if not key.strip():
            raise PolicyError("%s: %r has no label name; write key or key=pattern" % (where, text))
        one = LabelPattern(body, key.strip(), compile_pattern(where, pattern) if equals else None)
        (excluded if text.startswith("!") else positive).append(one)
    return LabelList(tuple(positive), tuple(excluded))


def compile_pattern(where: str, text: str) -> OnePattern:
    """One glob (`*` inside a path segment, `**` across) or `regex:` pattern."""
    if len(text) > MAX_PATTERN:
        raise PolicyError("%s: the pattern is longer than %d characters: %s..." % (where, MAX_PATTERN, text[:60]))
    if not text.startswith(REGEX):
        return OnePattern(text, re.compile(_translate(text), re.DOTALL), False, _HOST.fullmatch(text) is not None)
    body = text[len(REGEX) :]
    if not body:
        raise PolicyError('%s: %r is an empty pattern; drop it, or write "**" for everything' % (where, text))
    if _repeats_a_repetition(body):
        raise PolicyError(
            "%s: %r repeats a group that holds a repetition, which can take for ever; rewrite it without"
            % (where, text)
        )
    try:
        return OnePattern(text, re.compile(body), True, False)
    except (re.error, OverflowError) as error:
        raise PolicyError("%s: %r is not a regular expression: %s" % (where, text, error)) from error


def _repeats_a_repetition(body: str) -> bool:
    """Whether a repeated group holds a repetition, however deep: (a+)+, ((a+))*, (a*b*)*. It can take exponential time."""
    # One entry for each open group: whether it holds a repetition.
    groups = [False]
    closed = False
    for token in _TOKENS.findall(body):
        repeats = token in ("*", "+") or (token[0] == "{" and len(token) > 1)
        if repeats and closed:
            return True
        if token == "(":
            groups.append(False)
        closed = False
        if token == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif repeats:
            groups[-1] = True
    return False


def _translate(glob: str) -> str:
    parts: List[str] = []
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position) and (position == 0 or glob[position - 1] == "/"):
            parts.append("(?:.*/)?")
            position += 3
        elif glob.startswith("**", position):
            parts.append(".*")
            position += 2
        elif glob[position] == "*":
            parts.append("[^/]*")
            position += 1
        else:
            parts.append(re.escape(glob[position]))
            position += 1
    return "".join(parts)
