# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One blob, from one source to every target that lacks it: read once, verified on the way."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import PASSING
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.pipe import Broken, Pipe

# Up to here a blob is held in memory, so that each target can be tried again without reading it anew.
SMALL = 1024 * 1024
PATIENCE = 10.0


@dataclass(frozen=True)
class Place:
    """A repository of a registry."""

    client: TransferClient
    repository: str


@dataclass
class Copied:
    """`failed`: target -> why; `bytes` were read from the source, `sent` to targets."""

    failed: Dict[Place, str]
    bytes: int = 0
    sent: int = 0


def copy_blob(source: Place, digest: str, size: int, targets: Sequence[Place], patience: float = PATIENCE) -> Copied:
    """Never raises for what one target does; raises RegistryError when the source does not give the blob."""
    if size <= SMALL:
        return _copy_small(source, digest, size, targets)
    return _copy_large(source, digest, size, targets, patience)


def _copy_small(source: Place, digest: str, size: int, targets: Sequence[Place]) -> Copied:
    data = source.client.blob(source.repository, digest, max(size, SMALL))
    if data is None:
        raise RegistryError("registry %s does not have blob %s of %s" % (source.client.name, digest, source.repository))
    copied = Copied({}, len(data))

    def send(target: Place) -> None:
        failure = ""
        for _try in range(target.client.options.retries + 1):
            try:
                target.client.put_blob(target.repository, data)
                copied.sent += len(data)
                return
            except RegistryRefusal as error:
                failure = str(error)
                # An upload that a fault has ended is unknown (404) or out of step (416); it is begun anew.
                if error.status not in (*PASSING, 400, 404, 416):
                    break
            except FleetError as error:
                failure = str(error)
        copied.failed[target] = failure

    _each(targets, send)
    return copied


def _copy_large(source: Place, digest: str, size: int, targets: Sequence[Place], patience: float) -> Copied:
    """All targets in one reading; who falls behind, or fails, is finished alone afterwards."""
    copied = Copied({})
    left = list(targets)
    alone = False
    for _try in range(source.client.options.retries + 1):
        for group in [[target] for target in left] if alone else [left]:
            done, failed = _stream(source, digest, size, group, patience, copied)
            left = [target for target in left if target not in done]
            copied.failed = {**{target: why for target, why in copied.failed.items() if target in left}, **failed}
        if not left:
            break
        left = [target for target in left if not copied.failed[target].startswith(FINAL)]
        alone = True
        if not left:
            break
    return copied


FINAL = "refused: "


def _stream(
    source: Place, digest: str, size: int, targets: Sequence[Place], patience: float, copied: Copied
) -> Tuple[List[Place], Dict[Place, str]]:
    """One reading; the targets that have it now, and what went wrong at the others."""
    pipes = {target: Pipe(size, patience) for target in targets}
    done: List[Place] = []
    failed: Dict[Place, str] = {}

    def send(target: Place) -> None:
        pipe = pipes[target]
        try:
            location = target.client.start_upload(target.repository)
            target.client.send_blob(target.repository, location, digest, pipe)
            done.append(target)
            copied.sent += size
        except RegistryRefusal as error:
            passing = error.status in (*PASSING, 400, 404, 416)
            failed[target] = str(error) if passing else FINAL + str(error)
        except (FleetError, Broken) as error:
            failed[target] = str(error)
        finally:
            pipe.abandon()

    senders = [threading.Thread(target=send, args=(target,), daemon=True) for target in targets]
    for sender in senders:
        sender.start()
    problem: Optional[RegistryError] = None
    held: Optional[bytes] = None
    try:
        # The last piece is held back until all is verified: what is corrupt never arrives whole.
        for piece in source.client.read_blob(source.repository, digest, size):
            if held is not None:
                _give(pipes, held)
            copied.bytes += len(piece)
            held = piece
    except RegistryError as error:
        problem = error
    if problem is None and held is not None:
        _give(pipes, held)
    _give(pipes, b"" if problem is None else None)
    for sender in senders:
        sender.join()
    if problem is not None and isinstance(problem, RegistryRefusal):
        raise problem
    if problem is not None:
        for target in targets:
            failed[target] = str(problem)
    return done, failed


def _give(pipes: Dict[Place, Pipe], piece: Optional[bytes]) -> None:
    for pipe in pipes.values():
        pipe.give(piece)


def _each(targets: Sequence[Place], work: object) -> None:
    """At the same time for every target."""
    threads = [threading.Thread(target=work, args=(target,), daemon=True) for target in targets]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
