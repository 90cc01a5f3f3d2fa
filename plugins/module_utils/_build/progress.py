# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What buildx prints while it builds (`--progress plain`): how far it is, how many steps came from a cache, and why it failed."""

from __future__ import annotations

import re
from typing import Dict, Optional, Set

_STEP = re.compile(r"#(\d+) \[(?:[^\]]* )?\d+/\d+\] (?!FROM )")
_CACHED = re.compile(r"#(\d+) CACHED\b")
_BEGUN = re.compile(r"#(\d+) (\[[^\[\]]*\d+/\d+\] [A-Z]+)\b")
_ENDED = re.compile(r"#(\d+) (?:CACHED|DONE ([\d.]+)s|(?P<failed>ERROR|CANCELED))\b")
_PHASE = re.compile(r"#\d+ (importing cache|exporting to|exporting cache|pushing layers|pushing manifest)\b")
_TIMED = re.compile(r"^#\d+ [\d.]+ ?")


class Steps:
    """What of a running build is told: which step began, and how it ended.

    Only the place and the kind of an instruction are; its text and what it prints may hold a secret.
    """

    def __init__(self) -> None:
        self._begun: Dict[str, str] = {}

    def tell(self, line: str) -> Optional[str]:
        """None for a line that tells nothing, or nothing new."""
        phase = _PHASE.match(line)
        if phase:
            return phase.group(1).replace("exporting to", "exporting the image")
        begun = _BEGUN.match(line)
        if begun and begun.group(1) not in self._begun:
            self._begun[begun.group(1)] = begun.group(2)
            return begun.group(2)
        ended = _ENDED.match(line)
        step = self._begun.get(ended.group(1)) if ended else None
        if ended is None or step is None:
            return None
        if ended.group("failed"):
            return "%s: %s" % (step, "failed" if ended.group("failed") == "ERROR" else "stopped")
        return "%s: %s" % (step, "%s s" % ended.group(2) if ended.group(2) else "from a cache")


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
    printed = (
        [_TIMED.sub("", line) for line in lines[place + 1 :] if line != "------" and line not in errors]
        if place is not None
        else []
    )
    return "\n".join((errors[-1:] or lines[-1:]) + printed[:20])
