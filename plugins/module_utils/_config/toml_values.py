# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of TOML that have no parts: texts and numbers, read at a place of a document."""

from __future__ import annotations

import re
from typing import Any, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError

_NUMBER = re.compile(
    r"[+-]?(?:0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|inf|nan|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9_]+)?)"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}|[0-9]{2}:[0-9]{2}")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)")
_FLOAT = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?")
_PREFIXED = re.compile(r"0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_SHORT, _LONG = 4, 8


class TomlError(FleetError):
    """A text is no TOML, or uses what is not read here; the message tells line and column."""


def complain(text: str, place: int, problem: str) -> TomlError:
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return TomlError("%s (at line %d, column %d)" % (problem, line, column))


def read_string(text: str, place: int) -> Tuple[str, int]:
    """The string that begins with the quote at this place, and the place behind it."""
    quote = text[place]
    if text.startswith(quote * 3, place):
        return _read_lines(text, place, quote)
    end = place + 1
    found = ""
    while True:
        sign = text[end : end + 1]
        if sign in ("", "\n"):
            raise complain(text, place, "a text without its closing quote")
        if sign == quote:
            return found, end + 1
        if _CONTROL.match(sign):
            raise complain(text, end, "a control character in a text")
        if sign == "\\" and quote == '"':
            sign, end = _escape(text, end)
        else:
            end += 1
        found += sign


def _read_lines(text: str, place: int, quote: str) -> Tuple[str, int]:
    """A string in three quotes. A line break behind them does not belong to it."""
    end = place + 3
    if text.startswith("\n", end):
        end += 1
    found = ""
    while not text.startswith(quote * 3, end):
        sign = text[end : end + 1]
        if not sign:
            raise complain(text, place, "a text without its three closing quotes")
        if _CONTROL_IN_LINES.match(sign):
            raise complain(text, end, "a control character in a text")
        if sign == "\\" and quote == '"':
            rest = re.compile(r"\\[ \t]*\n[ \t\n]*").match(text, end)
            if rest is not None:
                end = rest.end()
                continue
            sign, end = _escape(text, end)
        else:
            end += 1
        found += sign
    # Up to two quotes may stand before the closing three.
    end += 3
    for _more in range(2):
        if text.startswith(quote, end):
            found, end = found + quote, end + 1
    return found, end


def _escape(text: str, place: int) -> Tuple[str, int]:
    sign = text[place + 1 : place + 2]
    if sign in _ESCAPES and sign:
        return _ESCAPES[sign], place + 2
    length = {"u": _SHORT, "U": _LONG}.get(sign, 0)
    digits = text[place + 2 : place + 2 + length]
    if length and re.fullmatch(r"[0-9A-Fa-f]{%d}" % length, digits):
        code = int(digits, 16)
        if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            return chr(code), place + 2 + length
    raise complain(text, place, "an escape that TOML does not know")


def read_scalar(text: str, place: int) -> Tuple[Any, int]:
    """A truth value or a number, and the place behind it."""
    for word, value in (("true", True), ("false", False)):
        if text.startswith(word, place):
            return value, place + len(word)
    if _DATE.match(text, place):
        raise complain(text, place, "a date or time, which no configuration of BuildKit has")
    match = _NUMBER.match(text, place)
    if match is None:
        raise complain(text, place, "a value is expected")
    word = match.group(0)
    plain = word.replace("_", "")
    if _PREFIXED.fullmatch(word):
        return int(plain, 0), match.end()
    if _INTEGER.fullmatch(word):
        return int(plain), match.end()
    if _FLOAT.fullmatch(word) or plain.lstrip("+-") in ("inf", "nan"):
        return float(plain), match.end()
    raise complain(text, place, "%s is no number of TOML" % word)
