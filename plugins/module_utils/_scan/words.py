# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of scanners and authors within sentences: one line each, of bounded length, nothing that a terminal obeys."""

from __future__ import annotations

import unicodedata
from typing import Any, Optional

MAX_TEXT = 300
# Control, format (text direction among them), surrogate, private and unassigned characters; line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(value: Any, longest: int = MAX_TEXT) -> str:
    """The text on one line, with what cannot be seen made a space; cut when it is longer than `longest` characters."""
    text = str(value)[: 4 * longest]
    shown = " ".join("".join(" " if unicodedata.category(one) in _HIDDEN else one for one in text).split())
    return shown if len(shown) <= longest else shown[:longest] + "..."


def sound(text: Optional[str]) -> Optional[str]:
    """The text with every half of a character that has no other half, which no file could hold, as a question mark."""
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
