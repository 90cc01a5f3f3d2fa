# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small reader of TOML for Pythons that bring none (3.10 and older): all of it but dates, which BuildKit's files have not."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_values import (
    TomlError,
    complain,
    read_scalar,
    read_string,
)

__all__ = ["TomlError", "parse"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
#: Space, line breaks and comments between the values of a list.
_GAP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_COMMENT = re.compile(r"#[^\n\x00-\x08\x0b-\x1f\x7f]*")
_DEEPEST = 100

Path = Tuple[str, ...]


def parse(text: str) -> Dict[str, Any]:
    """Plain data. Raises TomlError with line and column."""
    return _Reader(text.replace("\r\n", "\n")).document()


class _Reader:
    """One document. Which tables may still be added to is told by how they came about."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._root: Dict[str, Any] = {}
        #: Tables with a head of their own, and those that dotted keys made: neither may get another head.
        self._closed: Set[int] = set()
        #: Tables that stand in braces, and lists that do in brackets: nothing may be added to them.
        self._frozen: Set[int] = set()
        #: Tables that dotted keys below some head made: only keys below the same head may add to them.
        self._dotted: Set[int] = set()
        #: An identity counts only as long as its owner lives.
        self._kept: List[Any] = []

    def document(self) -> Dict[str, Any]:
        table = self._root
        while True:
            self._skip(_GAP)
            if self._place >= len(self._text):
                return self._root
            if self._at("["):
                table = self._head()
            else:
                self._pair(table)
            self._end_of_line()

    # Tables -----------------------------------------------------------------------------------------------------------

    def _head(self) -> Dict[str, Any]:
        start = self._place
        several = self._at("[[")
        self._place += 2 if several else 1
        path = self._path()
        closing = "]]" if several else "]"
        if not self._at(closing):
            raise self._error("%s is expected" % closing)
        self._place += len(closing)
        table = self._root
        for key in path[:-1]:
            table = self._step(table, key, start)
        last = path[-1]
        if several:
            rows = table.setdefault(last, [])
            if not isinstance(rows, list) or id(rows) in self._frozen:
                raise self._error("%s is no list of tables" % ".".join(path), start)
            rows.append({})
            made: Dict[str, Any] = rows[-1]
            return made
        found = table.setdefault(last, {})
        if not isinstance(found, dict) or id(found) in self._closed | self._frozen | self._dotted:
            raise self._error("%s is there already" % ".".join(path), start)
        self._closed.add(id(found))
        return found

    def _step(self, table: Dict[str, Any], key: str, start: int) -> Dict[str, Any]:
        """Into a table, or the newest one of a list of them."""
        found = table.setdefault(key, {})
        if isinstance(found, list) and found and id(found) not in self._frozen:
            found = found[-1]
        if not isinstance(found, dict) or id(found) in self._frozen:
            raise self._error("%s is a value and no table" % key, start)
        return found

    def _pair(self, table: Dict[str, Any]) -> None:
        start = self._place
        path = self._path()
        if not self._at("="):
            raise self._error("= is expected")
        self._place += 1
        self._skip(_SPACE)
        for key in path[:-1]:
            fresh = key not in table
            found = table.setdefault(key, {})
            if not isinstance(found, dict) or (not fresh and id(found) not in self._dotted):
                raise self._error("%s is there already" % key, start)
            self._dotted.add(id(found))
            table = found
        if path[-1] in table:
            raise self._error("%s is there already" % ".".join(path), start)
        table[path[-1]] = self._value(0)

    def _path(self) -> Path:
        keys: List[str] = []
        while True:
            self._skip(_SPACE)
            match = _BARE.match(self._text, self._place)
            if match is not None:
                keys.append(match.group(0))
                self._place = match.end()
            elif (self._at('"') or self._at("'")) and not (self._at('"""') or self._at("'''")):
                key, self._place = read_string(self._text, self._place)
                keys.append(key)
            else:
                raise self._error("a key is expected")
            self._skip(_SPACE)
            if not self._at("."):
                return tuple(keys)
            self._place += 1

    # Values -----------------------------------------------------------------------------------------------------------

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise self._error("nested too deeply")
        if self._at('"') or self._at("'"):
            text, self._place = read_string(self._text, self._place)
            return text
        if self._at("["):
            return self._list(depth)
        if self._at("{"):
            return self._braces(depth)
        value, self._place = read_scalar(self._text, self._place)
        return value

    def _list(self, depth: int) -> List[Any]:
        found: List[Any] = []
        self._frozen.add(id(found))
        self._kept.append(found)
        self._place += 1
        while True:
            self._skip(_GAP)
            if self._at("]"):
                break
            found.append(self._value(depth + 1))
            self._skip(_GAP)
            if self._at("]"):
                break
            if not self._at(","):
                raise self._error("a comma or ] is expected")
            self._place += 1
        self._place += 1
        return found

    def _braces(self, depth: int) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        self._place += 1
        self._skip(_SPACE)
        while not self._at("}"):
            self._braced_pair(found, depth)
            self._skip(_SPACE)
            if self._at(","):
                self._place += 1
                self._skip(_SPACE)
                if self._at("}"):
                    raise self._error("a key is expected")
            elif not self._at("}"):
                raise self._error("a comma or } is expected")
        self._place += 1
        self._freeze(found)
        return found

    def _braced_pair(self, table: Dict[str, Any], depth: int) -> None:
        start = self._place
        path = self._path()
        if not self._at("="):
            raise self._error("= is expected")
        self._place += 1
        self._skip(_SPACE)
        for key in path[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict) or id(table) in self._frozen:
                raise self._error("%s is there already" % key, start)
        if path[-1] in table:
            raise self._error("%s is there already" % ".".join(path), start)
        table[path[-1]] = self._value(depth + 1)

    def _freeze(self, value: Any) -> None:
        if isinstance(value, dict):
            self._frozen.add(id(value))
            self._kept.append(value)
            for inner in value.values():
                self._freeze(inner)

    # Places -----------------------------------------------------------------------------------------------------------

    def _at(self, sign: str) -> bool:
        return self._text.startswith(sign, self._place)

    def _skip(self, pattern: "re.Pattern[str]") -> None:
        match = pattern.match(self._text, self._place)
        self._place = match.end() if match else self._place

    def _end_of_line(self) -> None:
        self._skip(_SPACE)
        self._skip(_COMMENT)
        if self._place < len(self._text) and not self._at("\n"):
            raise self._error("nothing may follow on this line")

    def _error(self, problem: str, place: int = -1) -> TomlError:
        return complain(self._text, self._place if place < 0 else place, problem)
