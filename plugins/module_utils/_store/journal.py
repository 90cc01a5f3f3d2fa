# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal: a line of JSON for each thing that is about to be done, on disk before it is."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Iterable, List, Mapping, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

Entry = TypeVar("Entry")


def append_entries(path: str, entries: Iterable[Mapping[str, Any]], without: str) -> None:
    """When this returns, they are on disk. Raises StateError, which ends with what happens `without` them."""
    lines = b"".join(json.dumps(entry, sort_keys=True).encode("utf-8") + b"\n" for entry in entries)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "ab") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StateError("cannot write %s: %s; %s" % (path, error.strerror or error, without)) from error


def parse_entries(path: str, data: bytes, decode: Callable[[Any], Entry]) -> List[Entry]:
    """All entries; a last line that a crash tore is left out, since nothing was done by it. Raises StateError for others."""
    found = []
    for line in data.split(b"\n")[:-1]:
        try:
            found.append(decode(json.loads(line.decode("utf-8"))))
        except (ValueError, KeyError, TypeError) as error:
            raise StateError("%s is damaged: %s" % (path, error)) from error
    return found


def list_folder(folder: str) -> List[str]:
    """Names in a folder, none when there is no such folder. Raises StateError."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError("cannot read %s: %s" % (folder, error.strerror or error)) from error
