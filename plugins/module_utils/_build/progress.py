# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What buildx prints while it builds (`--progress plain`): how many steps ran and how many came from a cache, and why it failed."""

from __future__ import annotations

import re
from typing import Dict, Set

_STEP = re.compile(r"#(\d+) \[(?:[^\]]* )?\d+/\d+\] (?!FROM )")
_CACHED = re.compile(r"#(\d+) CACHED\b")
_TIMED = re.compile(r"^#\d+ [\d.]+ ?")


def count_steps(text: str) -> Dict[str, int]:
    """Steps of the Dockerfile, for every platform, without FROM; and how many of them were cached."""
    steps: Set[str] = set()
    cached: Set[str] = set()
    for line in text.splitlines():
        step, hit = _STEP.match(line), _CACHED.match(line)
        if step:
            steps.add(step.group(1))
        elif hit:
            cached.add(hit.group(1))
    return {"total": len(steps), "cached": len(steps & cached)}


def cause(text: str) -> str:
    """The end of a failed build: its own error, and the lines that the failed step printed."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    place = next((number for number, line in enumerate(lines) if line == "------"), None)
    printed = [_TIMED.sub("", line) for line in lines[place + 1 :] if line != "------" and line not in errors] if place is not None else []
    return "\n".join((errors[-1:] or lines[-1:]) + printed[:20])
