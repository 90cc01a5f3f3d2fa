# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier scans saw and said, one JSON file on a host."""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import SCHEMA
from ansible_collections.imagefleet.docker.plugins.module_utils._store.memory_file import (
    load_memory_file,
    save_memory_file,
)

DEFAULT_STATE_DIR = "/var/lib/imagefleet/scans"
_FORGOTTEN = "what was found before counts as seen for the first time, so periods of grace begin anew"


def memory_path(state_dir: str) -> str:
    return os.path.join(state_dir, "scans.json")


def lock_path(state_dir: str) -> str:
    return os.path.join(state_dir, "lock")


def load_memory(
    state_dir: str, decode: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Tuple[Mapping[str, Any], Optional[str]]:
    """The memory, {} without one, and why it is empty although there was a file. Raises StateError when the file may not be read.

    `decode` checks what it is given, raising ValueError, TypeError, AttributeError or KeyError.
    """
    memory, damage = load_memory_file(memory_path(state_dir), SCHEMA, decode, _FORGOTTEN)
    return memory or {}, damage


def save_memory(state_dir: str, memory: Mapping[str, Any], damaged: bool) -> None:
    """Replace the file; a damaged one is kept aside. Raises StateError. The caller holds the lock."""
    save_memory_file(memory_path(state_dir), SCHEMA, dict(memory), damaged)
