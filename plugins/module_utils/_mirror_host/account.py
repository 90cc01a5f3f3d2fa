# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run learned on its way; a refusal tells it too."""

from __future__ import annotations

from typing import Any, Dict, List, NoReturn

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.probe import Probe


class Account:
    """Notes in plain words, and what mirrors answered."""

    def __init__(self) -> None:
        self.notes: List[str] = []
        self.probes: List[Probe] = []

    def probe_rows(self) -> List[Dict[str, Any]]:
        return [dict(one.as_row()) for one in self.probes]

    def refuse(self, message: str) -> NoReturn:
        """Raises RefusedError."""
        raise RefusedError(message, {"probes": self.probe_rows(), "notes": self.notes})
