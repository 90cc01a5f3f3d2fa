# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One blob, from one source to every target that lacks it: read once, verified on the way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import PASSING
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.pipe import Pipe

# Up to here a blob is held in memory, so that each target can be tried again without reading it anew.
SMALL = 1024 * 1024
# Seconds that the others wait for one that is slow, and that the source is held for one alone.
PATIENCE = 10.0
PATIENCE_ALONE = 600.0
# An upload that a fault has ended is unknown (404) or out of step (400, 416); it is begun anew.
AGAIN = (*PASSING, 400, 404, 416)


Tell = Callable[[int], None]


def _silent(_bytes: int) -> None:
    return None


@dataclass(frozen=True)
class Place:
    """A repository of a registry."""

    client: TransferClient
    repository: str


@dataclass
class Copied:
    """`failed`: target -> why; `silent` are those of them that did not answer at all; `bytes` were read from the source, `sent` to
    targets."""

    failed: Dict[Place, str]
    bytes: int = 0
    sent: int = 0
    silent: Set[Place] = field(default_factory=set)


def copy_blob(
    source: Place, digest: str, size: int, targets: Sequence[Place], patience: float = PATIENCE, tell: Tell = _silent
) -> Copied:
    """Never raises for what one target does; raises RegistryError when the source does not give the blob.

    `tell` gets the bytes read so far, as they come.
    """
    # What is read at once is compared, and sent, by this kind of digest only.
    if size <= SMALL and digest.startswith("sha256:"):
        return _copy_small(source, digest, size, targets)
    return _copy_large(source, digest, size, targets, patience, tell)


def _copy_small(source: Place, digest: str, size: int, targets: Sequence[Place]) -> Copied:
    data = source.client.blob(source.repository, digest, max(size, SMALL))
    if data is None:
        raise RegistryError("registry %s does not have blob %s of %s" % (source.client.name, digest, source.repository))
    copied = Copied({}, len(data))
    done: List[Place] = []

    def send(target: Place) -> None:
        for attempt in range(target.client.options.retries + 1):
            try:
                target.client.put_blob(target.repository, data)
                done.append(target)
                return
            except RegistryRefusal as error:
                copied.failed[target] = str(error)
                if error.status not in AGAIN:
                    return
            except (FleetError, OSError) as error:
                # The client has tried it often enough.
                copied.failed[target] = str(error)
                copied.silent.add(target)
                return
            if attempt < target.client.options.retries:
                target.client.pause(attempt)

    _join([_started(send, target) for target in targets])
    copied.failed = {target: why for target, why in copied.failed.items() if target not in done}
    copied.sent = len(data) * len(done)
    return copied


def _copy_large(source: Place, digest: str, size: int, targets: Sequence[Place], patience: float, tell: Tell) -> Copied:
    """All targets in one reading; who falls behind, or fails, is finished alone afterwards."""
    copied = Copied({})
    groups = [list(targets)]
    for attempt in range(source.client.options.retries + 1):
        if attempt and copied.failed:
            source.client.pause(attempt - 1)
        again: List[List[Place]] = []
        for group in groups:
            # Alone nobody waits for it: as long as its line lives, it is given time.
            reading = _Reading(source, digest, size, group, patience if len(group) > 1 else PATIENCE_ALONE, tell)
            reading.run()
            copied.bytes += reading.bytes
            copied.sent += size * len(reading.done)
            copied.silent.update(reading.silent)
            copied.failed = {target: why for target, why in copied.failed.items() if target not in reading.done}
            copied.failed.update(reading.failed)
            left = [one for one in group if one in reading.failed and one not in reading.final]
            # It was the source that failed: they stay together.
            again += [left] if reading.problem is not None else [[target] for target in left]
        groups = [group for group in again if group]
        if not groups:
            break
    return copied


class _Reading:
    """One reading for some targets. `final` are those of `failed` that need not be tried again; `problem` is the source's."""

    def __init__(
        self, source: Place, digest: str, size: int, targets: Sequence[Place], patience: float, tell: Tell
    ) -> None:
        self._source = source
        self._digest = digest
        self._size = size
        self._tell = tell
        self._pipes = {target: Pipe(size, patience) for target in targets}
        self.done: List[Place] = []
        self.failed: Dict[Place, str] = {}
        self.final: Set[Place] = set()
        self.silent: Set[Place] = set()
        self.bytes = 0
        self.problem: Optional[RegistryError] = None

    def run(self) -> None:
        """Raises RegistryRefusal when the source will not give it."""
        whole = False
        senders = [_started(self._send, target) for target in self._pipes]
        try:
            whole = self._read()
        except RegistryError as error:
            self.problem = error
        finally:
            # Whatever happened: who waits for a piece must be told.
            self._give(b"" if whole else None)
            _join(senders)
        if isinstance(self.problem, RegistryRefusal):
            raise self.problem
        for target in self._pipes:
            if target not in self.done and (self.problem is not None or target not in self.failed):
                if target not in self.final:
                    self.failed[target] = str(self.problem or "it ended without an answer")

    def _read(self) -> bool:
        """Whether all was given to somebody. The last piece is held back until all is verified: what is corrupt never arrives whole."""
        held = b""
        for piece in self._source.client.read_blob(self._source.repository, self._digest, self._size):
            self.bytes += len(piece)
            self._tell(self.bytes)
            if held:
                self._give(held)
            held = piece
            if all(pipe.is_left for pipe in self._pipes.values()):
                return False
        self._give(held)
        return True

    def _send(self, target: Place) -> None:
        pipe = self._pipes[target]
        location: Optional[str] = None
        try:
            location = target.client.start_upload(target.repository)
            target.client.send_blob(target.repository, location, self._digest, pipe)
            self.done.append(target)
        except RegistryRefusal as error:
            self.failed[target] = str(error)
            # 401: what was good for the beginning has run out since.
            if error.status not in AGAIN and not (error.status == 401 and location):
                self.final.add(target)
        except (FleetError, OSError) as error:
            self.failed[target] = str(error)
            if location is None:
                self.final.add(target)
                self.silent.add(target)
        finally:
            pipe.abandon()

    def _give(self, piece: Optional[bytes]) -> None:
        for pipe in self._pipes.values():
            pipe.give(piece)


def _started(work: Callable[[Place], None], target: Place) -> threading.Thread:
    thread = threading.Thread(target=work, args=(target,), daemon=True)
    thread.start()
    return thread


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
