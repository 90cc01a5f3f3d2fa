# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last scan of each digest said, for those who ask before they bring or update an image."""

from __future__ import annotations

from typing import Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate_platforms import Verdicts
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.remembered import decode_verdicts
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import load_memory, memory_path


def load_verdicts(state_dir: str) -> Tuple[Verdicts, Optional[str]]:
    """By digest and platform, and why there is none. Raises StateError when the file may not be read."""
    verdicts, damage = load_memory(state_dir, lambda memory: decode_verdicts(memory["verdicts"]))
    if verdicts:
        return verdicts, None
    why = damage or "%s remembers no scan" % memory_path(state_dir)
    return {}, "%s; every image counts as never scanned, until scout_scan has scanned it" % why
