# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of scanners: what they print, what they can, and which are refused."""

from __future__ import annotations

import re
from typing import Dict, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import last_lines

Version = Tuple[int, int, int]

_NAMED = re.compile(r"(?im)^[\s{,]*\"?version\"?\s*:\s*\"?v?(\d+)\.(\d+)\.(\d+)")
_NAMED_ANYWHERE = re.compile(r"(?i)\"?version\"?\s*:\s*\"?v?(\d+)\.(\d+)\.(\d+)")
_ANY = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")
_WHOLE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")

#: Releases that must not run, and who says so.
BAD: Mapping[str, Mapping[Version, str]] = {
    "trivy": dict.fromkeys(
        ((0, 69, 4), (0, 69, 5), (0, 69, 6)),
        "it was published by an attacker and steals credentials (advisory GHSA-69fq-xp46-6x23)",
    ),
}


def find_version(text: str) -> Optional[Version]:
    """From what a scanner prints about itself: a line `version: v1.23.0 (go1.22)` below a banner, `Version: 0.58.1`, or JSON."""
    for pattern in (_NAMED, _NAMED_ANYWHERE, _ANY):
        found = pattern.search(text)
        if found is not None:
            return int(found.group(1)), int(found.group(2)), int(found.group(3))
    return None


def dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)


def parse_refused(where: str, value: object) -> Tuple[Version, ...]:
    """Versions that the user refuses. Raises PolicyError."""
    refused = []
    for position, text in enumerate(value if isinstance(value, (list, tuple)) else [value] if value else []):
        found = _WHOLE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise PolicyError(
                "%s[%d]: %r is not a version such as 0.69.4 (as text, in quotes)" % (where, position, text)
            )
        refused.append((int(found.group(1)), int(found.group(2)), int(found.group(3))))
    return tuple(refused)


def check_version(name: str, path: str, version: Version, oldest: Version, refused: Sequence[Version]) -> None:
    """Raises ToolError for a version that is refused, ToolMissing for one that is too old."""
    cause = BAD.get(name, {}).get(version)
    if version in refused:
        cause = "refuse_versions lists it"
    if cause is not None:
        raise ToolError(
            "%s (%s) is version %s, which is refused: %s. Replace it by another release and give the checksum of that one in "
            "scanner_checksum; nothing was scanned" % (name, path, dotted(version), cause)
        )
    if version < oldest:
        raise ToolMissing(
            "%s (%s) is version %s, and %s or newer is needed. Update it"
            % (name, path, dotted(version), dotted(oldest))
        )


def need(name: str, flag: str, since: Version, version: Version) -> None:
    """Raises ToolMissing when the version does not know the flag."""
    if version < since:
        raise ToolMissing(
            "%s %s does not know %s, which %s brought. Update %s, or do without the option that needs it"
            % (name, dotted(version), flag, dotted(since), name)
        )


def needs(name: str, flags: Sequence[str], since: Mapping[str, Version], version: Version) -> None:
    """As need(), for those of a call's words that the table lists."""
    table: Dict[str, Version] = dict(since)
    for flag in flags:
        if flag in table:
            need(name, flag, table[flag], version)


def no_version(name: str, path: str, output: str) -> ToolError:
    return ToolError(
        "%s (%s) does not tell its version, so nothing is known of what it can: %s. Is it that scanner?"
        % (name, path, last_lines(output) or "it printed nothing")
    )
