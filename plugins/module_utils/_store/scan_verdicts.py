# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last scan of each digest said, for those who ask before they bring or update an image."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._store.memory_file import load_memory_file

DEFAULT_SCAN_DIR = "/var/lib/imagefleet/scan"
SCHEMA = 1
FORGOTTEN = "every image counts as never scanned"

# Digest -> `status`, `scanned` (ISO 8601, UTC), `scanner`, `reasons`, `images`.
Verdicts = Mapping[str, Mapping[str, Any]]


def verdicts_path(state_dir: str) -> str:
    return os.path.join(state_dir, "verdicts.json")


def load_verdicts(state_dir: str) -> Tuple[Verdicts, Optional[str]]:
    """The verdicts, and why there are none. Raises StateError when the file may not be read."""
    path = verdicts_path(state_dir)
    verdicts, damage = load_memory_file(path, SCHEMA, _decode, FORGOTTEN)
    if verdicts is None and damage is None:
        damage = "there is no %s, which scout_scan writes: %s" % (path, FORGOTTEN)
    return verdicts or {}, damage


def _decode(document: Dict[str, Any]) -> Verdicts:
    return {
        str(digest): {
            "status": str(entry["status"]),
            "scanned": str(entry["scanned"]),
            "scanner": str(entry["scanner"]),
            "reasons": [str(one) for one in entry["reasons"]],
            "images": [str(one) for one in entry["images"]],
        }
        for digest, entry in document["verdicts"].items()
    }
