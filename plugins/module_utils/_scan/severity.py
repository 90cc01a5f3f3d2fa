# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each scanner's words for severities, as the severities of this collection."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import Value, shown

#: `Severity` of a result's message, `cvssV3_severity` of a rule; the option --only-severity has the same five words.
SCOUT = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "unspecified": "unknown",
}
#: The option --severity: UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL. `Severity` is absent when the database has no details.
TRIVY = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "unknown": "unknown",
}
#: The option --fail-on and `vulnerability.severity`. Negligible is what Debian calls unimportant.
GRYPE = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "negligible": "low",
    "unknown": "unknown",
}
#: Debian's tracker knows three urgencies; everything else has none in the feed.
DEBSECAN = {"high": "high", "medium": "medium", "low": "low"}


def severity_of(word: str, words: Mapping[str, str], told: Value) -> str:
    """Of SEVERITIES. Raises ToolError for a word that the scanner does not have: guessing could hide a critical one."""
    known = words.get(word.strip().lower())
    if known is None:
        raise ToolError(
            "%s: %s: the severity is %s, known are %s" % (told.where, told.place, shown(word), ", ".join(sorted(words)))
        )
    return known
