# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time in which a registry takes no pushes: closed, proven, and opened again whatever happens (S8)."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import DROP_IN_TEXT, guard_command
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    RegistryError,
    RegistryRefusal,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic

# Seconds: for a registry to answer after its start, and what the guard waits beyond the collector's limit.
START_TIMEOUT, GUARD_ROOM = 60, 300
POLL = 0.2
# Uploads that must be refused, each over a connection of its own: behind one name there may be several registries.
PROOFS = 5
NOT_ALLOWED = 405
TAKEN = (201, 202)

NewClient = Callable[[], RegistryClient]


class Window:
    """Use as a context manager: closed inside.

    Raises RegistryError when the registry cannot be closed, or not be proven closed (then it is open again), and when it
    cannot be opened again. `new_client` makes a client that does not try again by itself; `repository` is where uploads are
    tried. `limit` is how long the collector may take, in seconds, in each of its two runs. `seconds` tells afterwards how
    long it was closed.
    """

    def __init__(self, service: Service, new_client: NewClient, repository: str, limit: int) -> None:
        self._service = service
        self._new_client = new_client
        self._repository = repository
        self._limit = limit
        self._began = 0.0
        self.seconds: Optional[float] = None

    def __enter__(self) -> "Window":
        names = self._service.names
        self._began = time.monotonic()
        try:
            # The guard first: a drop-in without one would close the registry at its next start, for good.
            self._service.order(guard_command(names, os.getpid(), 2 * self._limit + GUARD_ROOM))
            write_atomic(names.drop_in, DROP_IN_TEXT.encode("ascii"), 0o644)
            self._service.restart()
            self.prove()
        except FleetError as error:
            self._open_after(error)
            raise
        except BaseException:
            self.open()
            raise
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, FleetError):
            self._open_after(error)
        else:
            self.open()

    def prove(self) -> None:
        """Raises RegistryError when an upload is not refused."""
        for _time in range(PROOFS):
            status = self._upload_status()
            if status != NOT_ALLOWED:
                raise RegistryError(
                    "registry %s still takes uploads (%d) although it was told to be read-only, so nothing was collected. Does "
                    "%s really serve it, alone, and does no EnvironmentFile set REGISTRY_STORAGE_MAINTENANCE?"
                    % (self._new_client().name, status, self._service.names.unit)
                )

    def open(self) -> None:
        """Also for what an earlier run left. Raises RegistryError, saying what to do by hand."""
        names = self._service.names
        try:
            # Without the drop-in no collector begins any more; the one that runs must have ended before pushes come.
            _remove_drop_in(names.drop_in, names.drop_in_folder)
            self._service.end(names.collector.unit)
            self._service.restart()
            status = self._upload_status()
            if status not in TAKEN:
                raise RegistryError("an upload is answered with %d" % status)
            if self._service.state(names.unit) != "active":
                raise RegistryError("it is %s" % self._service.state(names.unit))
        except (FleetError, OSError) as error:
            raise RegistryError(
                "registry service %s could not be opened again: %s. The unit %s tries once more; by hand: rm %s; systemctl "
                "daemon-reload; systemctl restart %s" % (names.unit, error, names.guard, names.drop_in, names.unit)
            ) from error
        self._service.stop(names.guard)
        self.seconds = time.monotonic() - self._began if self._began else None

    def _open_after(self, error: FleetError) -> None:
        """Open again; if that fails too, both must be told."""
        try:
            self.open()
        except FleetError as second:
            raise RegistryError("%s. And: %s" % (error, second)) from error

    def _upload_status(self) -> int:
        """What the registry, once it answers, says to a new upload (which is cancelled)."""
        client = self._new_client()
        until = time.monotonic() + START_TIMEOUT
        nothing = digest_of(b"")
        while True:
            try:
                client.has_blob(self._repository, nothing)
                return client.open_upload(self._repository, {})
            except RegistryRefusal:
                raise
            except RegistryError as error:
                if time.monotonic() > until:
                    raise RegistryError(
                        "it does not answer %d seconds after its restart: %s" % (START_TIMEOUT, error)
                    ) from error
                time.sleep(POLL)


def _remove_drop_in(path: str, folder: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError("cannot remove %s: %s" % (path, error.strerror or error)) from error
    try:
        os.rmdir(folder)
    except OSError:
        return  # somebody else has a drop-in there
