# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clocks said at the last run of something that needs no other memory (S11)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import Reading
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)

MAXIMUM_BYTES = 64 * 1024


@dataclass(frozen=True)
class ClockMemory:
    """`last_run` in epoch seconds, 0 for none; `boot_seconds` is the uptime then, `boot_id` names that start of the machine."""

    last_run: int = 0
    boot_id: str = ""
    boot_seconds: float = 0.0


def load_clock(path: str) -> ClockMemory:
    """As good as none when there is no file, or none that can be understood. Raises StateError when it may not be read."""
    data = read_capped(path, MAXIMUM_BYTES)
    try:
        document = json.loads(data.decode("utf-8")) if data is not None else {}
        return ClockMemory(int(document["last_run"]), str(document["boot_id"]), float(document["boot_seconds"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ClockMemory()


def save_clock(path: str, reading: Reading) -> None:
    """Raises StateError. The caller excludes other writers."""
    remove_leftovers(path)
    memory = ClockMemory(reading.engine, reading.boot, reading.uptime)
    write_atomic(path, json.dumps(asdict(memory), sort_keys=True).encode("ascii") + b"\n")
