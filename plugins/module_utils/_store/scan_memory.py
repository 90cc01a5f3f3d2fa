# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier scans saw and said, one JSON file on a host."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._store.memory_file import (
    load_memory_file,
    save_memory_file,
)

DEFAULT_STATE_DIR = "/var/lib/imagefleet/scans"
SCHEMA = 1
_FORGOTTEN = "what was found before counts as seen for the first time, so periods of grace begin anew"


@dataclass(frozen=True)
class ScanMemory:
    """`seen` is what decides on findings: when each was first seen, and the last scan of every name.

    `images` tells by digest (by name, where none is known) of the last scan of each image, for whoever asks later: `scanned` (ISO time
    in UTC), `status`, `reasons`, `counts`, `images` (its names), `hosts`, `scanner`.
    """

    seen: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def memory_path(state_dir: str) -> str:
    return os.path.join(state_dir, "scans.json")


def lock_path(state_dir: str) -> str:
    return os.path.join(state_dir, "lock")


def load_memory(
    state_dir: str, decode_seen: Callable[[Mapping[str, Any]], Dict[str, Any]]
) -> Tuple[ScanMemory, Optional[str]]:
    """The memory, and why it is empty although there was a file. Raises StateError when the file may not be read.

    `decode_seen` checks what it is given, raising ValueError, TypeError or KeyError.
    """

    def decode(document: Dict[str, Any]) -> ScanMemory:
        images = document["images"]
        if not all(isinstance(entry, dict) for entry in images.values()):
            raise ValueError("an entry of images is no object")
        return ScanMemory(decode_seen(document["seen"]), images)

    memory, damage = load_memory_file(memory_path(state_dir), SCHEMA, decode, _FORGOTTEN)
    return memory or ScanMemory(), damage


def save_memory(state_dir: str, memory: ScanMemory, damaged: bool) -> None:
    """Replace the file; a damaged one is kept aside. Raises StateError. The caller holds the lock."""
    document = {"seen": dict(memory.seen), "images": {key: dict(entry) for key, entry in memory.images.items()}}
    save_memory_file(memory_path(state_dir), SCHEMA, document, damaged)
