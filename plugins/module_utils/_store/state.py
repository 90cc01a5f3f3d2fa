# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs saw of an engine's images: one JSON file, keyed by engine ID."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock

SCHEMA = 1
MAXIMUM_BYTES = 256 * 1024 * 1024

# Names under which an engine reports environment, arguments and labels. They may hold secrets (S12), so they are
# dropped from whatever a caller wants remembered.
NEVER_STORED = frozenset({"env", "environment", "labels", "cmd", "command", "entrypoint", "args", "createdby"})

Layer = Tuple[str, Optional[int]]


@dataclass
class ImageRecord:
    """One image. Times are epoch seconds of the daemon's clock, sizes bytes."""

    arrived: int
    last_used: Optional[int] = None
    layers: Optional[List[Layer]] = None
    content: Optional[Dict[str, Any]] = None
    names: Dict[str, int] = field(default_factory=dict)


@dataclass
class EngineState:
    """One engine. `started` is 0 until the first real run; `boot_seconds` is CLOCK_BOOTTIME at `last_run`.

    `released` maps digests of images that were deleted because a registry still served them to the time of that (S1).
    """

    started: int = 0
    last_run: int = 0
    sampled_since: int = 0
    boot_id: str = ""
    boot_seconds: float = 0.0
    images: Dict[str, ImageRecord] = field(default_factory=dict)
    released: Dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """A state, and why it is empty although a file was there (None: nothing to tell)."""

    state: EngineState
    note: Optional[str] = None


def load_state(path: str, engine_id: str) -> Loaded:
    """Read only: a damaged file is reported in the note and left for `save_state` to move aside.

    Raises StateError when the file exists and may not be read.
    """
    entries, damage = _read_entries(path)
    if damage is not None:
        return Loaded(EngineState(), _start_over_note(path, damage))
    if engine_id not in entries:
        return Loaded(EngineState())
    try:
        return Loaded(_engine_state(_mapping(entries[engine_id])))
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        return Loaded(EngineState(), _start_over_note(path, f"the entry of engine {engine_id} is damaged ({error})"))


def save_state(path: str, engine_id: str, state: EngineState) -> None:
    """Write one engine's state and keep the other engines' entries; a damaged file becomes `path`.corrupt.

    Raises StateError (no space, no permission), LockedError when another process is writing the same file.
    """
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o755, exist_ok=True)
    except OSError as error:
        raise StateError(f"cannot make the folder of the state file {path}: {error.strerror or error}") from error
    with exclusive_lock(path + ".lock"):
        remove_leftovers(path)
        entries, damage = _read_entries(path)
        if damage is not None:
            _move_aside(path)
        entries[engine_id] = _plain(asdict(state))
        document = {"schema": SCHEMA, "engines": entries}
        write_atomic(path, json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8") + b"\n")


def _read_entries(path: str) -> Tuple[Dict[str, Any], Optional[str]]:
    """The engines' raw entries and, when the file cannot be understood, what is wrong with it."""
    data = read_capped(path, MAXIMUM_BYTES)
    if data is None:
        return {}, None
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return {}, f"it is not JSON ({error})"
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, dict) else None
        return {}, f"its schema is {schema!r}, this version reads {SCHEMA}"
    engines = document.get("engines")
    if not isinstance(engines, dict):
        return {}, "it has no list of engines"
    return engines, None


def _start_over_note(path: str, damage: str) -> str:
    return (
        f"state file {path} starts over: {damage}. What was sampled before is lost, so images count as seen for the "
        f"first time now"
    )


def _move_aside(path: str) -> None:
    try:
        os.replace(path, path + ".corrupt")
    except OSError as error:
        raise StateError(f"cannot move the damaged state file {path} aside: {error.strerror or error}") from error


def _plain(value: Any) -> Any:
    """`value` as JSON types without what must never be stored."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if _may_be_stored(str(key))}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _may_be_stored(key: str) -> bool:
    return key.replace("_", "").lower() not in NEVER_STORED


def _engine_state(entry: Any) -> EngineState:
    images = _mapping(entry["images"])
    return EngineState(
        started=_integer(entry["started"]),
        last_run=_integer(entry["last_run"]),
        sampled_since=_integer(entry["sampled_since"]),
        boot_id=str(entry["boot_id"]),
        boot_seconds=_finite(entry["boot_seconds"]),
        images={image_id: _image_record(_mapping(raw)) for image_id, raw in images.items()},
        # Files written before this was remembered do not have it.
        released={digest: _integer(moment) for digest, moment in _mapping(entry.get("released", {})).items()},
    )


def _image_record(raw: Dict[str, Any]) -> ImageRecord:
    layers = raw["layers"]
    content = raw["content"]
    return ImageRecord(
        arrived=_integer(raw["arrived"]),
        last_used=_optional_integer(raw["last_used"]),
        layers=None if layers is None else [(str(chain), _optional_integer(size)) for chain, size in layers],
        content=None if content is None else _mapping(content),
        names={name: _integer(seen) for name, seen in _mapping(raw["names"]).items()},
    )


def _mapping(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"a mapping was expected, not {type(value).__name__}")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number was expected, not {type(value).__name__}")
    return value


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a number was expected, not {number}")
    return number


def _optional_integer(value: Any) -> Optional[int]:
    return None if value is None else _integer(value)
