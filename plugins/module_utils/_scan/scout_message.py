# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of lines `Label : value` that docker scout writes as the message of a result."""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import Value, number_in

_LABEL = re.compile(r"[A-Za-z][A-Za-z ]*")


def read_message(text: str) -> Dict[str, List[str]]:
    """Label in lower case -> its lines. A line without a label goes on with the value before; the first of equal labels holds."""
    found: Dict[str, List[str]] = {}
    current: List[str] = []
    for line in text.split("\n"):
        before, colon, value = line.partition(":")
        label = before.strip()
        table = colon and (not value or value[0].isspace())
        if table and _LABEL.fullmatch(label):
            current = [value.strip()] if value.strip() else []
            found.setdefault(label.lower(), current)
        elif table and not label:
            current.append(value.strip())
        elif line.strip():
            current = []
    return found


def first(lines: Dict[str, List[str]], label: str) -> Optional[str]:
    """None when the label is absent or has no value."""
    values = lines.get(label)
    return values[0] if values else None


def probability(text: str, told: Value, what: str) -> float:
    """0.002880 as SARIF has it, or 0.29% and 68th percentile as its other formats do. Raises ToolError."""
    words = text.lower().split()
    if len(words) == 2 and words[1] == "percentile":
        return number_in(words[0].rstrip("stndrh"), 0, 100, told, what) / 100
    if text.endswith("%"):
        return number_in(text[:-1].strip(), 0, 100, told, what) / 100
    return number_in(text, 0, 1, told, what)
