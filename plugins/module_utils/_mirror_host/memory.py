# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this module wrote on this host, so that it removes that and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import OurList, OurPart
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)

SCHEMA = 1
MAXIMUM_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """`daemon_json`: path -> what of it is ours; `authorities`: path of a CA file -> its digest as we wrote it."""

    daemon_json: Mapping[str, OurPart] = field(default_factory=dict)
    authorities: Mapping[str, str] = field(default_factory=dict)


def load_memory(path: str) -> Memory:
    """Raises StateError when there is one that cannot be read: without it, ours would pass for somebody else's."""
    data = read_capped(path, MAXIMUM_BYTES)
    if data is None:
        return Memory()
    try:
        document = json.loads(data.decode("utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError("its schema is %r, this version reads %d" % (document["schema"], SCHEMA))
        return Memory(
            {str(name): _part(entry) for name, entry in document["daemon_json"].items()},
            {str(name): str(digest) for name, digest in document["authorities"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(
            "%s, which remembers what was written here, is damaged: %s. Nothing was changed. Restore it, or remove it: then what "
            "was written before is taken for somebody else's" % (path, error)
        ) from error


def save_memory(path: str, memory: Memory) -> None:
    """Raises StateError. The caller excludes other writers."""
    remove_leftovers(path)
    document: Dict[str, Any] = {
        "schema": SCHEMA,
        "daemon_json": {name: asdict(part) for name, part in memory.daemon_json.items() if part.lists},
        "authorities": dict(memory.authorities),
    }
    write_atomic(path, json.dumps(document, sort_keys=True, indent=1).encode("ascii") + b"\n")


def _part(entry: Mapping[str, Any]) -> OurPart:
    lists = {
        str(key): OurList(tuple(str(value) for value in one["values"]), bool(one["created"]))
        for key, one in entry["lists"].items()
    }
    blank = entry["blank"]
    return OurPart(lists, bool(entry["made_file"]), None if blank is None else str(blank))
