# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync remembers of one source: the tags that it made in regions, those that the source has no more, those moved back."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._store.memory_file import (
    load_memory_file,
    save_memory_file,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import file_name

DEFAULT_STATE_DIR = "/var/lib/imagefleet/sync"
SCHEMA = 1
FORGOTTEN = "what earlier runs made is never removed, and tags that were moved back move again"


@dataclass
class PlaceMemory:
    """One repository of a region. `made`: tag -> the digest that a sync pointed it at, and the repository of the source, for tags
    that a sync made; `absent`: tag -> since when (epoch seconds) every complete list of that repository lacks it; `held_back`: tag
    -> the digest that it was moved back from."""

    made: Dict[str, Tuple[str, str]] = field(default_factory=dict)
    absent: Dict[str, int] = field(default_factory=dict)
    held_back: Dict[str, str] = field(default_factory=dict)


@dataclass
class SyncMemory:
    """`places`: "region repository" -> what is known of it; `boot_seconds` is the uptime of the machine at `last_run`, `boot_id`
    names its start."""

    last_run: int = 0
    boot_id: str = ""
    boot_seconds: float = 0.0
    places: Dict[str, PlaceMemory] = field(default_factory=dict)

    def place(self, region: str, repository: str) -> PlaceMemory:
        """What is known, and where to add to it."""
        return self.places.setdefault("%s %s" % (region, repository), PlaceMemory())

    def held_back(self, region: str, repository: str, tag: str) -> Optional[str]:
        """The digest that a tag was moved back from."""
        place = self.places.get("%s %s" % (region, repository))
        return None if place is None else place.held_back.get(tag)


def sync_memory_path(state_dir: str, source: str) -> str:
    """The file for one source."""
    return os.path.join(state_dir, file_name(source) + ".json")


def load_sync_memory(path: str) -> Tuple[SyncMemory, Optional[str]]:
    """The memory, and why it is empty although there was a file. Raises StateError when the file may not be read.

    Who has forgotten what it made removes nothing. A damaged file is left for save_sync_memory() to move aside.
    """
    memory, damage = load_memory_file(path, SCHEMA, _decode, FORGOTTEN)
    return memory or SyncMemory(), damage


def save_sync_memory(path: str, memory: SyncMemory, damaged: bool) -> None:
    """Replace the file; a damaged one becomes `path`.corrupt. Raises StateError. The caller holds the lock of the source."""
    save_memory_file(path, SCHEMA, asdict(memory), damaged)


def _decode(document: Dict[str, Any]) -> SyncMemory:
    return SyncMemory(
        last_run=int(document["last_run"]),
        boot_id=str(document["boot_id"]),
        boot_seconds=float(document["boot_seconds"]),
        places={
            str(key): PlaceMemory(
                made={str(tag): (str(digest), str(source)) for tag, (digest, source) in entry["made"].items()},
                absent={str(tag): int(since) for tag, since in entry["absent"].items()},
                held_back={str(tag): str(digest) for tag, digest in entry["held_back"].items()},
            )
            for key, entry in document["places"].items()
        },
    )
