# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What retention remembers of one registry: when tags were first seen at their digest, and since when items wait (S5)."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._store.memory_file import (
    load_memory_file,
    save_memory_file,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import file_name

DEFAULT_STATE_DIR = "/var/lib/imagefleet/retention"
SCHEMA = 1

# A digest and a moment in epoch seconds.
Since = Tuple[str, int]


@dataclass
class RepositoryMemory:
    """`listed`: when all of its tags were last read (0: never). `tags` by tag: the digest and since when it is seen there;
    `leftovers` by digest: since when it has no tag; `pending` by tag or digest: what was listed for deletion, and since when."""

    listed: int = 0
    tags: Dict[str, Since] = field(default_factory=dict)
    leftovers: Dict[str, int] = field(default_factory=dict)
    pending: Dict[str, Since] = field(default_factory=dict)


@dataclass
class RegistryMemory:
    """`boot_seconds` is the uptime of the machine at `last_run`, `boot_id` names its start."""

    last_run: int = 0
    boot_id: str = ""
    boot_seconds: float = 0.0
    repositories: Dict[str, RepositoryMemory] = field(default_factory=dict)


def memory_path(state_dir: str, registry: str) -> str:
    """The file for one registry."""
    return os.path.join(state_dir, file_name(registry) + ".json")


def load_memory(path: str) -> Tuple[RegistryMemory, Optional[str]]:
    """The memory, and why it is empty although there was a file. Raises StateError when the file may not be read.

    A damaged file is left for save_memory() to move aside: waiting starts again, so nothing goes too early.
    """
    memory, damage = load_memory_file(path, SCHEMA, _decode, "what waited to be confirmed waits anew")
    return memory or RegistryMemory(), damage


def save_memory(path: str, memory: RegistryMemory, damaged: bool) -> None:
    """Replace the file; a damaged one becomes `path`.corrupt. Raises StateError. The caller holds the lock of the registry."""
    save_memory_file(path, SCHEMA, asdict(memory), damaged)


def _decode(document: Dict[str, Any]) -> RegistryMemory:
    return RegistryMemory(
        last_run=int(document["last_run"]),
        boot_id=str(document["boot_id"]),
        boot_seconds=float(document["boot_seconds"]),
        repositories={
            name: RepositoryMemory(
                listed=int(entry["listed"]),
                tags={tag: (str(digest), int(since)) for tag, (digest, since) in entry["tags"].items()},
                leftovers={digest: int(since) for digest, since in entry["leftovers"].items()},
                pending={key: (str(digest), int(since)) for key, (digest, since) in entry["pending"].items()},
            )
            for name, entry in document["repositories"].items()
        },
    )
