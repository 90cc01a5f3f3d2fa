# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON object as text: single members are changed, and everything else stays byte for byte as somebody wrote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

_SPACE = " \t\n\r"
_INDENT = "    "


@dataclass(frozen=True)
class Member:
    """One member of the object; places are offsets: of its name, of its value, and behind it."""

    name: str
    value: Any
    start: int
    value_start: int
    end: int


class ObjectText:
    """An object of JSON. What is only space counts as an empty one, as the engine reads it."""

    def __init__(self, text: str, step: Optional[str] = None) -> None:
        self.text = text
        # By how much each level is indented; without it, by as much as the members are.
        self._step = step
        self.members: Tuple[Member, ...] = _members(text) if text.strip(_SPACE) else ()

    @property
    def blank(self) -> bool:
        return not self.text.strip(_SPACE)

    def get(self, name: str) -> Optional[Member]:
        found = [member for member in self.members if member.name == name]
        return found[0] if found else None

    def inner(self, name: str) -> "ObjectText":
        """A member that is an object itself, as a text of its own."""
        member = self._member(name)
        indent = self._space_before(member).rpartition("\n")[2]
        return ObjectText(self.text[member.value_start : member.end], self._step or indent or None)

    def with_inner(self, name: str, inner: "ObjectText") -> "ObjectText":
        """With another text of such a member."""
        member = self._member(name)
        return self._as(self.text[: member.value_start] + inner.text + self.text[member.end :])

    def put(self, name: str, value: Any) -> "ObjectText":
        """With this value of a member, whether it is there or not."""
        return self.replace(name, value) if self.get(name) else self.add(name, value)

    def replace(self, name: str, value: Any) -> "ObjectText":
        """With another value of a member that is there."""
        member = self._member(name)
        shown = _shown(value, self._space_before(member), self._step)
        return self._as(self.text[: member.value_start] + shown + self.text[member.end :])

    def add(self, name: str, value: Any) -> "ObjectText":
        """With one more member at the end, written like the last one."""
        if not self.members:
            space = "\n" + _INDENT
            made = "{%s%s: %s\n}" % (space, json.dumps(name), _shown(value, space, self._step))
            return self._as(made + "\n" if self.blank else self._around(made))
        last = self.members[-1]
        space = self._space_before(last) or " "
        made = ",%s%s: %s" % (space, json.dumps(name), _shown(value, space, self._step))
        return self._as(self.text[: last.end] + made + self.text[last.end :])

    def remove(self, name: str) -> "ObjectText":
        """Without a member; the inverse of add() for the last one."""
        member = self._member(name)
        place = self.members.index(member)
        if place:
            return self._as(self.text[: self.members[place - 1].end] + self.text[member.end :])
        if len(self.members) > 1:
            return self._as(self.text[: member.start] + self.text[self.members[1].start :])
        return self._as(self._around("{}"))

    def _as(self, text: str) -> "ObjectText":
        return ObjectText(text, self._step)

    def _member(self, name: str) -> Member:
        member = self.get(name)
        if member is None:
            raise KeyError(name)
        return member

    def _around(self, made: str) -> str:
        """With another object in the same place."""
        start = self.text.index("{")
        return self.text[:start] + made + self.text[self.text.rindex("}") + 1 :]

    def _space_before(self, member: Member) -> str:
        head = self.text[: member.start]
        return head[len(head.rstrip(_SPACE)) :]


def parse_object(path: str, data: bytes) -> ObjectText:
    """Raises StateError naming the file and the place for what is no JSON object, or names a member twice."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StateError(
            "%s is not JSON: byte %d is not UTF-8. It was left as it is; mend it and run again" % (path, error.start)
        ) from error
    try:
        found = ObjectText(text)
    except json.JSONDecodeError as error:
        raise StateError(
            "%s is not JSON: line %d, column %d: %s. It was left as it is; mend it and run again"
            % (path, error.lineno, error.colno, error.msg)
        ) from error
    except RecursionError as error:
        raise StateError("%s is nested too deeply to be read. It was left as it is" % path) from error
    names = [member.name for member in found.members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StateError(
            "%s names %s twice, and only one counts. It was left as it is; remove one and run again" % (path, twice[0])
        )
    return found


def _members(text: str) -> Tuple[Member, ...]:
    """Raises json.JSONDecodeError."""
    place = _skip(text, 0)
    if text[place : place + 1] != "{":
        raise json.JSONDecodeError("an object is expected, which begins with {", text, place)
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    found: List[Member] = []
    place = _skip(text, place + 1)
    while text[place : place + 1] != "}":
        if found:
            if text[place : place + 1] != ",":
                raise json.JSONDecodeError("a comma or } is expected", text, place)
            place = _skip(text, place + 1)
        start = place
        if text[place : place + 1] != '"':
            raise json.JSONDecodeError("a name in double quotes is expected", text, place)
        name, place = _decode(decoder, text, place)
        place = _skip(text, place)
        if text[place : place + 1] != ":":
            raise json.JSONDecodeError("a colon is expected", text, place)
        value_start = _skip(text, place + 1)
        value, end = _decode(decoder, text, value_start)
        found.append(Member(name, value, start, value_start, end))
        place = _skip(text, end)
    rest = _skip(text, place + 1)
    if rest != len(text):
        raise json.JSONDecodeError("nothing may follow the object", text, rest)
    return tuple(found)


def _decode(decoder: json.JSONDecoder, text: str, place: int) -> Tuple[Any, int]:
    try:
        return decoder.raw_decode(text, place)
    except json.JSONDecodeError:
        raise
    except (StopIteration, ValueError) as error:
        raise json.JSONDecodeError("a value is expected", text, place) from error


def _no_constant(name: str) -> Any:
    raise ValueError("%s is no JSON" % name)


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _shown(value: Any, space: str, step: Optional[str]) -> str:
    """A value in the layout of its object: one entry a line where each member has a line of its own."""
    _before, _line, indent = space.rpartition("\n")
    if "\n" not in space or value in ([], (), {}):
        return json.dumps(value, ensure_ascii=False)
    made = json.dumps(value, ensure_ascii=False, indent=step or indent or _INDENT)
    return made.replace("\n", "\n" + indent)
