# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A memory whose loss begins anew: one JSON file, replaced as a whole, a damaged one kept aside."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)

MAXIMUM_BYTES = 512 * 1024 * 1024
Memory = TypeVar("Memory")


def load_memory_file(
    path: str, schema: int, decode: Callable[[Dict[str, Any]], Memory], forgotten: str
) -> Tuple[Optional[Memory], Optional[str]]:
    """The memory, None without a file or with a damaged one; then also why, with what is `forgotten`.

    Raises StateError when the file may not be read. A damaged file is left for save_memory_file() to move aside.
    """
    data = read_capped(path, MAXIMUM_BYTES)
    if data is None:
        return None, None
    try:
        document = json.loads(data.decode("utf-8"))
        if document["schema"] != schema:
            raise ValueError("its schema is %r, this version reads %d" % (document["schema"], schema))
        return decode(document), None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return None, "the state %s starts over, since it cannot be understood (%s): %s" % (path, error, forgotten)


def save_memory_file(path: str, schema: int, document: Dict[str, Any], damaged: bool) -> None:
    """Replace the file; a damaged one becomes `path`.corrupt. Raises StateError. The caller excludes other writers."""
    if damaged:
        try:
            os.replace(path, path + ".corrupt")
        except OSError as error:
            raise StateError("cannot move the damaged state %s aside: %s" % (path, error.strerror or error)) from error
    remove_leftovers(path)
    text = json.dumps({"schema": schema, **document}, sort_keys=True, separators=(",", ":"))
    write_atomic(path, text.encode("utf-8") + b"\n")
