# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of lines `Label : value` that docker scout writes as the message of a result."""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import Value, number_in

_LINE = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s*:(?:\s+(.*?))?\s*")
_MORE = re.compile(r"\s*:\s+(.*?)\s*")
_PERCENTILE = re.compile(r"([0-9.]+)\s*(?:st|nd|rd|th)?\s+percentile", re.IGNORECASE)


def read_message(text: str) -> Dict[str, List[str]]:
    """Label in lower case -> its lines. A line without a label goes on with the value before; the first of equal labels holds."""
    found: Dict[str, List[str]] = {}
    current: List[str] = []
    for line in text.split("\n"):
        labelled, more = _LINE.fullmatch(line), _MORE.fullmatch(line)
        if labelled is not None:
            current = [labelled.group(2)] if labelled.group(2) else []
            found.setdefault(labelled.group(1).lower(), current)
        elif more is not None:
            current.append(more.group(1))
        elif line.strip():
            current = []
    return found


def first(lines: Dict[str, List[str]], label: str) -> Optional[str]:
    """None when the label is absent or has no value."""
    values = lines.get(label)
    return values[0] if values else None


def probability(text: str, told: Value, what: str) -> float:
    """0.002880 as SARIF has it, or 0.29% and 68th percentile as its other formats do. Raises ToolError."""
    percentile = _PERCENTILE.fullmatch(text)
    if percentile is not None:
        return number_in(percentile.group(1), 0, 100, told, what) / 100
    if text.endswith("%"):
        return number_in(text[:-1].strip(), 0, 100, told, what) / 100
    return number_in(text, 0, 1, told, what)
