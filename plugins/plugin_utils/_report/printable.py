# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from hosts made safe to print: no control characters, no tricks with direction, no secrets, bounded length."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import List, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact

LIMIT = 300
# No text in a report needs more, and patterns are not run over more.
LONGEST = 20000

# Unicode categories that move the cursor, change direction, are invisible or have no fixed meaning.
UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(value: object, limit: int = LIMIT) -> str:
    """One line of at most `limit` characters; what cannot be shown is written as its code (\\x1b, \\u202e)."""
    return _printable(str(value)[:LONGEST], limit)


@lru_cache(maxsize=8192)
def _printable(text: str, limit: int) -> str:
    text = redact(text)[: limit + 1]
    shown = text if text.isascii() and text.isprintable() else "".join(_character(letter) for letter in text)
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def _character(letter: str) -> str:
    if letter in "\n\t\r":
        return " "
    if unicodedata.category(letter) not in UNPRINTABLE:
        return letter
    code = ord(letter)
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code


def width(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def shorten(text: str, columns: int) -> str:
    """At most `columns` wide; the middle goes, since the ends of image names tell most."""
    if width(text) <= columns:
        return text
    tail = (columns - 3) * 2 // 3
    head = columns - 3 - tail
    return _take(text, head) + "..." + _take(text[::-1], tail)[::-1]


def _take(text: str, columns: int) -> str:
    taken = ""
    for letter in text:
        if width(taken + letter) > columns:
            break
        taken += letter
    return taken


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), limits: Sequence[int] = ()
) -> List[str]:
    """Aligned lines, header first.

    `right` are the columns aligned right, `limits` the greatest width of each column (0: none).
    """
    cells = [
        [shorten(cell, limits[at]) if at < len(limits) and limits[at] else cell for at, cell in enumerate(row)]
        for row in [header, *rows]
    ]
    widths = [max(width(row[at]) for row in cells) for at in range(len(header))]
    lines = []
    for row in cells:
        padded = []
        for at, cell in enumerate(row):
            blank = " " * (widths[at] - width(cell))
            padded.append(blank + cell if at in right else cell + blank)
        lines.append("  ".join(padded).rstrip())
    return lines
