# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON documents of others, read value by value: what has another shape than documented is an error that names file and place."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError

#: Characters. The largest reports seen, of images with thousands of packages, have some 20 million.
MAX_TEXT = 200 * 1000 * 1000
_SHOWN = 60
_BLANKS = re.compile(r"[\ufeff\s]*")
_OBJECT = re.compile(r"^[ \t\r]*\{", re.MULTILINE)


@dataclass(frozen=True)
class Value:
    """One value of a document. `where` is the file, `place` the way to it (`Results[2].Target`), empty for the document itself."""

    where: str
    place: str
    raw: Any

    def wrong(self, needed: str) -> ToolError:
        """The error to raise when this is not what is needed: `trivy.json: Results[2].Target is 7, a text is needed`."""
        return ToolError(
            "%s: %s is %s, %s is needed" % (self.where, self.place or "the document", shown(self.raw), needed)
        )

    def get(self, key: str) -> Optional[Value]:
        """A member, None when it is absent or null. Raises ToolError when this is no object."""
        found = self._object().get(key)
        return None if found is None else Value(self.where, self._under(key), found)

    def need(self, key: str) -> Value:
        """A member that must be there. Raises ToolError when this is no object, or the member is absent or null."""
        found = self.get(key)
        if found is None:
            raise ToolError("%s: %s is missing" % (self.where, self._under(key)))
        return found

    def listed(self, key: str) -> List[Value]:
        """The elements of a list that is left out when it is empty. Raises ToolError when it is something else, also null."""
        if key not in self._object():
            return []
        return Value(self.where, self._under(key), self.raw[key]).elements()

    def members(self) -> Iterator[Tuple[str, Value]]:
        """Names and values of an object, without those that are null. Raises ToolError when this is no object."""
        for key, found in self._object().items():
            if found is not None:
                yield clean(key), Value(self.where, self._under(key), found)

    def elements(self) -> List[Value]:
        """Raises ToolError when this is no list."""
        if not isinstance(self.raw, list):
            raise self.wrong("a list")
        return [Value(self.where, "%s[%d]" % (self.place, index), found) for index, found in enumerate(self.raw)]

    def text(self) -> str:
        """Raises ToolError when this is no text."""
        if not isinstance(self.raw, str):
            raise self.wrong("a text")
        return clean(self.raw)

    def filled(self) -> str:
        """A text with something in it, without blanks around. Raises ToolError."""
        found = self.text().strip()
        if not found:
            raise self.wrong("a text that is not empty")
        return found

    def flag(self) -> bool:
        """Raises ToolError when this is neither true nor false."""
        if not isinstance(self.raw, bool):
            raise self.wrong("true or false")
        return self.raw

    def number(self, low: float, high: float) -> float:
        """A number from `low` to `high`. Raises ToolError, also for NaN and Infinity, which JSON does not have and Python reads."""
        if isinstance(self.raw, bool) or not isinstance(self.raw, (int, float)):
            raise self.wrong("a number")
        return within(self.raw, low, high, self)

    def _object(self) -> Dict[str, Any]:
        if not isinstance(self.raw, dict):
            raise self.wrong("an object")
        return self.raw

    def _under(self, key: str) -> str:
        name = clean(key)
        return "%s.%s" % (self.place, name) if self.place else name


def members_of(value: Optional[Value], key: str) -> List[Value]:
    """The elements of a list that may be absent. Raises ToolError when it is something else."""
    found = value.get(key) if value is not None else None
    return found.elements() if found is not None else []


def text_of(value: Optional[Value], key: str) -> Optional[str]:
    """A text that may be absent; an empty one is absent too. Raises ToolError when it is something else."""
    found = value.get(key) if value is not None else None
    return (found.text().strip() or None) if found is not None else None


def within(number: float, low: float, high: float, told: Value) -> float:
    """The number, when it lies between; raises the error of the value that told it when not."""
    # A comparison with NaN is false, and an integer of Python may be too large for a float.
    if not low <= number <= high:
        raise told.wrong("a number from %g to %g" % (low, high))
    return float(number)


def number_in(text: str, low: float, high: float, told: Value, what: str) -> float:
    """A number that is written as text in a larger text. Raises ToolError naming `what` and the value that holds it."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise ToolError(
            "%s: %s: %s is %s, a number from %g to %g is needed"
            % (told.where, told.place, what, shown(text), low, high)
        )
    return number


def read_document(text: str, where: str) -> Value:
    """The whole text as one JSON document. Raises ToolError naming the file and the line when it is none."""
    limited(text, where)
    body = text[1:] if text.startswith("\ufeff") else text
    if not body.strip():
        raise ToolError("%s is empty: the scanner wrote nothing. Its errors tell why" % where)
    try:
        return Value(where, "", json.loads(body, object_pairs_hook=_once))
    except RecursionError:
        raise _too_deep(where) from None
    except json.JSONDecodeError as error:
        raise ToolError(_broken(body, error, where)) from None
    except ValueError as error:
        raise ToolError("%s is no JSON document that can be read: %s" % (where, error)) from None


def find_document(text: str, where: str) -> Tuple[Optional[Value], str]:
    """As read_document, with other text before and after it: the first object that begins a line, and the text around.

    None when no line begins an object. Raises ToolError when the object is not whole, or another follows.
    """
    limited(text, where)
    start = _object_start(text, 0)
    if start is None:
        return None, text
    try:
        raw, end = json.JSONDecoder(object_pairs_hook=_once).raw_decode(text, start)
    except RecursionError:
        raise _too_deep(where) from None
    except json.JSONDecodeError as error:
        raise ToolError(_broken(text, error, where)) from None
    except ValueError as error:
        raise ToolError("%s is no JSON document that can be read: %s" % (where, error)) from None
    if _object_start(text, end) is not None:
        raise ToolError("%s: a second document begins after the first one: one scan writes one" % where)
    return Value(where, "", raw), text[:start] + text[end:]


def shown(raw: Any) -> str:
    """A value for a message: short, on one line."""
    if isinstance(raw, dict):
        return "an object"
    if isinstance(raw, list):
        return "a list"
    if raw is None or isinstance(raw, bool):
        return json.dumps(raw)
    if isinstance(raw, int) and abs(raw) > 10**_SHOWN:
        return "a number of more than %d digits" % _SHOWN  # Python refuses to write very long ones
    told = repr(clean(raw)) if isinstance(raw, str) else str(raw)
    return told if len(told) <= _SHOWN else told[:_SHOWN] + "..."


def clean(text: str) -> str:
    """Half surrogate pairs, which JSON can spell and no file can hold, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def limited(text: str, where: str) -> None:
    """Raises ToolError when the text is larger than any report is."""
    if len(text) > MAX_TEXT:
        raise ToolError(
            "%s has %d characters, more than %d: no report of one image is as large. Look at what the scanner wrote"
            % (where, len(text), MAX_TEXT)
        )


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    """An object whose names are unique: of two lists of findings with one name, one would be lost without a word."""
    found = dict(pairs)
    if len(found) != len(pairs):
        counted = Counter(name for name, _value in pairs)
        twice = next(name for name, count in counted.items() if count > 1)
        raise ValueError("the name %s stands twice in one object" % shown(twice))
    return found


def _object_start(text: str, start: int) -> Optional[int]:
    """Where a line begins with an opening brace, or the text from `start` on does."""
    rest = _BLANKS.match(text, start)
    after = rest.end() if rest is not None else start
    if text.startswith("{", after):
        return after
    found = _OBJECT.search(text, start)
    return found.end() - 1 if found is not None else None


def _too_deep(where: str) -> ToolError:
    return ToolError("%s nests its values deeper than any scanner does: it is not read" % where)


def _broken(text: str, error: json.JSONDecodeError, where: str) -> str:
    at = "%s: line %d, column %d: %s" % (where, error.lineno, error.colno, error.msg)
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated"):
        return "%s. The document is cut off: the scanner was stopped, or the disk is full" % at
    return "%s. This is no JSON document; it begins with %s" % (at, shown(text.strip()[:_SHOWN]))
