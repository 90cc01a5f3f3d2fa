# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier scans saw, as plain data that JSON can hold."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import Verdict

#: For load_memory_file() and save_memory_file().
SCHEMA = 1


def decode_memory(document: Mapping[str, Any]) -> Dict[str, Any]:
    """The memory in a document that was read, checked; {} is an empty one. Raises ValueError, TypeError or KeyError.

    {"first_seen": {repository: {id: {package: [first, last]}}},                     epoch seconds
     "last": {name: {"at": seconds, "findings": [[id, package, severity, fixable]]}},   canonical names with tag or digest
     "verdicts": {digest: {"status", "scanned" (ISO), "scanner", "reasons", "images"}}}
    """
    raise NotImplementedError


def remember(memory: Mapping[str, Any], verdicts: Sequence[Verdict], now: int) -> Dict[str, Any]:
    """The memory after these verdicts, a new one. What was not scanned changes nothing of what is known of its findings.

    A finding that vanished keeps its first date for 90 days, so that a scanner that loses and finds it again does not restart its grace;
    after that it starts anew. Names and digests that were not scanned for 90 days are forgotten.
    """
    raise NotImplementedError
