# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of versions of Debian packages (Debian policy 5.6.12)."""

from __future__ import annotations

import re
from typing import Tuple

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_EPOCH = re.compile(r"([0-9]+):(.*)", re.DOTALL)
# Weights of letters: a tilde comes before everything, even before the end; letters come before other characters.
_END = 0
_Number = Tuple[int, str]
_Key = Tuple[Tuple[Tuple[int, ...], _Number], ...]


def version_key(version: str) -> Tuple[_Number, _Key, _Key]:
    """Sorts as dpkg sorts: [epoch:]upstream[-revision]."""
    told = _EPOCH.fullmatch(version)
    epoch, rest = told.groups() if told is not None else ("0", version)
    upstream, dash, revision = rest.rpartition("-")
    return _number(epoch), _key(upstream if dash else rest), _key(revision if dash else "")


def _key(part: str) -> _Key:
    """Text and number in turn, each text with an end mark, and one end mark for the whole. An empty part is a zero."""
    pieces = [(text, digits) for text, digits in _PARTS.findall(part) if text or digits] or [("", "0")]
    found = [(tuple(map(_weight, text)) + (_END,), _number(digits)) for text, digits in pieces]
    return (*found, ((_END,), _number("")))


def _number(digits: str) -> _Number:
    """Orders as the number does, however long it is."""
    significant = digits.lstrip("0")
    return len(significant), significant


def _weight(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 0x110000
