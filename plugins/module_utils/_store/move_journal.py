# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync does to the tags of regions, on disk before it is done: what is needed to move them back."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._store.journal import (
    append_entries,
    list_folder,
    parse_entries,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import (
    file_name,
    is_run_id,
    moment_of,
    new_run_id,
)

MAX_BYTES = 512 * 1024 * 1024
# After so many seconds nobody moves back any more: what tags pointed at will have been collected.
LIFE = 90 * 86400


@dataclass(frozen=True)
class Move:
    """A tag of a region was pointed at `digest`; before it pointed at `previous`, None when it was new. `source` is the name of the
    repository at the source."""

    region: str
    source: str
    repository: str
    tag: str
    digest: str
    previous: Optional[str]


class MoveJournal:
    """Moves of one run. Made with the first of them, so that a run that moves nothing leaves nothing. For one thread at a time."""

    def __init__(self, state_dir: str, source: str, now: int) -> None:
        self.run_id = new_run_id(now)
        self.used = False
        self._path = _path(state_dir, source, self.run_id)

    def add(self, moves: Sequence[Move]) -> None:
        """When this returns, they are on disk. Raises StateError."""
        if not moves:
            return
        without = "without it nothing could be moved back, so nothing of it was moved (state_dir)"
        append_entries(self._path, map(asdict, moves), without)
        self.used = True


def move_runs(state_dir: str, source: str) -> List[str]:
    """Ids of the runs that moved something, oldest first. Raises StateError."""
    names = [name[: -len(SUFFIX)] for name in list_folder(_folder(state_dir, source)) if name.endswith(SUFFIX)]
    return sorted(name for name in names if is_run_id(name))


def read_moves(state_dir: str, source: str, run_id: str) -> List[Move]:
    """All moves of a run; a last line that a crash tore is left out, since nothing was moved by it. Raises StateError."""
    data = read_capped(_path(state_dir, source, run_id), MAX_BYTES) if is_run_id(run_id) else None
    if data is None:
        known = move_runs(state_dir, source)
        raise StateError(
            "rollback: there is no run %r of registry %s in %s; there is: %s"
            % (run_id, source, state_dir, ", ".join(known[-5:]) or "none")
        )
    return parse_entries(_path(state_dir, source, run_id), data, _move)


def forget_old_moves(state_dir: str, source: str, now: int) -> None:
    """Remove runs that are of no use any more; what cannot be removed stays."""
    try:
        for run_id in move_runs(state_dir, source):
            if now - moment_of(run_id) > LIFE:
                os.unlink(_path(state_dir, source, run_id))
    except (StateError, OSError):
        return


SUFFIX = ".moves"


def _folder(state_dir: str, source: str) -> str:
    return os.path.join(state_dir, file_name(source))


def _path(state_dir: str, source: str, run_id: str) -> str:
    return os.path.join(_folder(state_dir, source), run_id + SUFFIX)


def _move(document: object) -> Move:
    if not isinstance(document, dict):
        raise TypeError("a line is no mapping")
    previous = document["previous"]
    return Move(
        region=str(document["region"]),
        source=str(document["source"]),
        repository=str(document["repository"]),
        tag=str(document["tag"]),
        digest=str(document["digest"]),
        previous=None if previous is None else str(previous),
    )
