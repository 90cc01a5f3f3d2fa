# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one run ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode

COUNTS = ("kept", "to_delete", "deleted", "gone", "refused", "deferred", "failed", "pending", "restored")
DRIFTING = ("missing", "different", "missing_platform", "missing_signature")
SCAN_COUNTS = ("passed", "not_scanned", "findings", "counted", "new")
VERIFIED_COUNTS = ("verified", "unsigned", "unknown", "others")
REGION_COUNTS = ("tags", "unchanged", "copied", "removed", "bytes_sent", "equal", *DRIFTING, "extra", "unknown")


@dataclass(frozen=True)
class Outcome:
    """How a run ended. Times are epoch seconds of the host's clock; `result` is None when nothing could be planned."""

    code: ExitCode
    message: str
    applied: bool
    started: int
    finished: int
    result: Optional[Mapping[str, Any]]

    @property
    def summary(self) -> Mapping[str, Any]:
        return {} if self.result is None else self.result["summary"]

    @property
    def held(self) -> bool:
        return self.result is not None and self.result.get("hold") is not None
