# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enough of YAML to read a registry's configuration, without a YAML library: nested mappings of plain values.

Lists and flow collections that are not JSON are kept as their text, since nothing that is asked for lies in them. What is
beyond that (anchors, tags, tabs, several documents) is refused rather than guessed.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Tuple

# A key, a colon, and what follows on the same line.
_PAIR = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#\[\]{},&*!|>%@`-][^#:]*?)\s*:(?:\s+(.*))?""")
_BLOCK = re.compile(r"[|>][+-]?[0-9]?[+-]?")


def parse_mapping(text: str) -> Dict[str, Any]:
    """The document as nested dictionaries; raises ValueError naming the line that is not understood."""
    stripped = text.strip()
    if stripped.startswith("{"):
        document = json.loads(stripped)
        if not isinstance(document, dict):
            raise ValueError("it is no mapping")
        return document
    lines = _lines(text)
    found, rest = _mapping(lines, 0)
    if rest != len(lines):
        raise ValueError("line %d is indented less than what it belongs to" % lines[rest][0])
    return found


# (number from 1 on, indentation, text without comment)
_Line = Tuple[int, int, str]


def _lines(text: str) -> List[_Line]:
    found: List[_Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = _uncomment(line).rstrip()
        if not content.strip() or (content == "---" and not found):
            continue
        if content in ("---", "..."):
            raise ValueError("line %d begins another document" % number)
        indent = len(content) - len(content.lstrip(" "))
        if "\t" in content[: len(content) - len(content.lstrip())]:
            raise ValueError("line %d is indented with a tab" % number)
        found.append((number, indent, content.strip()))
    return found


def _uncomment(line: str) -> str:
    """Without what follows a `#` that begins a line or follows a space, outside of quotes."""
    quote = ""
    for place, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (place == 0 or line[place - 1] in " [{,:"):
            quote = character
        elif character == "#" and (place == 0 or line[place - 1] in " \t"):
            return line[:place]
    return line


def _mapping(lines: List[_Line], start: int) -> Tuple[Dict[str, Any], int]:
    """The mapping whose first key is at `start`, and the place of the first line that is not of it."""
    found: Dict[str, Any] = {}
    place = start
    level = lines[start][1] if start < len(lines) else 0
    while place < len(lines):
        number, indent, content = lines[place]
        if indent < level:
            break
        match = _PAIR.fullmatch(content)
        if indent > level or match is None:
            raise ValueError("line %d is not understood: %s" % (number, _shown(content)))
        key, value = _scalar(match.group(1)), (match.group(2) or "").strip()
        if key in found:
            raise ValueError("line %d gives %s once more" % (number, key))
        place += 1
        if value:
            found[str(key)], place = _value(lines, place, level, number, value)
        else:
            found[str(key)], place = _below(lines, place, level)
    return found, place


def _below(lines: List[_Line], place: int, level: int) -> Tuple[Any, int]:
    """What belongs to a key without a value on its own line."""
    if place == len(lines):
        return None, place
    _number, indent, content = lines[place]
    if content == "-" or content.startswith("- "):
        # The entries of a list may stand as far left as its key.
        return (
            (None, place)
            if indent < level
            else _raw(
                lines,
                place,
                lambda one, text: one < indent or (one == level and not (text == "-" or text.startswith("- "))),
            )
        )
    if indent <= level:
        return None, place
    return _mapping(lines, place)


def _value(lines: List[_Line], place: int, level: int, number: int, value: str) -> Tuple[Any, int]:
    if _BLOCK.fullmatch(value):
        return _raw(lines, place, lambda indent, _text: indent <= level)
    if value[0] in "&*!%@`|>":
        raise ValueError("line %d uses YAML that is not read here: %s" % (number, _shown(value)))
    if value[0] in "[{":
        parts = [value]
        while place < len(lines) and lines[place][1] > level:
            parts.append(lines[place][2])
            place += 1
        return _flow(" ".join(parts)), place
    if place < len(lines) and lines[place][1] > level:
        raise ValueError("line %d continues a value, which is not read here" % lines[place][0])
    return _scalar(value), place


def _raw(lines: List[_Line], place: int, ends: Any) -> Tuple[str, int]:
    """Lines that are kept as their text."""
    parts = []
    while place < len(lines) and not ends(lines[place][1], lines[place][2]):
        parts.append(lines[place][2])
        place += 1
    return "\n".join(parts), place


def _flow(text: str) -> Any:
    """A flow mapping of plain values as a dictionary, anything deeper as far as it is JSON, else its text."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    inner = text[1:-1].strip()
    if not (text.startswith("{") and text.endswith("}")) or any(sign in inner for sign in "[]{}\"'"):
        return text
    found: Dict[str, Any] = {}
    for part in inner.split(",") if inner else []:
        match = _PAIR.fullmatch(part.strip())
        if match is None:
            return text
        found[str(_scalar(match.group(1)))] = _scalar((match.group(2) or "").strip())
    return found


def _scalar(text: str) -> Any:
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        return json.loads(text)
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    lowered = text.lower()
    if lowered in ("true", "yes", "on"):
        return True
    if lowered in ("false", "no", "off"):
        return False
    return None if lowered in ("", "~", "null") else text


def _shown(text: str) -> str:
    """The part before a value, which may be a secret."""
    return repr(text.partition(":")[0][:40])
