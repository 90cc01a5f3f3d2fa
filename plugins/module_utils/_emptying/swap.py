# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets the content of a cache aside, or puts it back, while the service is down for as long as a restart takes.

What moves the files is the first step of the service's own start, so between its end and its next start nothing of ours has to
survive: a run that is killed at any point leaves a cache that starts.
"""

from __future__ import annotations

import os
import shutil
from typing import Callable

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import (
    ASIDE,
    EMPTIED,
    EMPTY,
    ORDER,
    RESTORE,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.place import Place
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic


class Swap:
    """`wait` returns when the cache answers, and raises RegistryError when it does not."""

    def __init__(self, place: Place, service: Service, wait: Callable[[], None]) -> None:
        self._place = place
        self._service = service
        self._wait = wait

    def empty(self) -> None:
        """Start it without its content. Raises RegistryError, StateError."""
        self.remove()
        self._restart(EMPTY)
        if self._is_ordered():
            raise RegistryError(
                "%s started without setting its content aside: its unit is not the one that the role registry_mirror writes. "
                "Run the playbook that installed it" % self._service.names.unit
            )

    def restore(self) -> None:
        """Start it with the content that was set aside, if there is any. Raises RegistryError, StateError."""
        if os.path.isdir(self._place.path(ASIDE)):
            self._restart(RESTORE)
        else:
            self._forget_order()
            self._service.restart()
            self._wait()

    def remove(self) -> None:
        """What was set aside, also by an earlier run that was killed. Raises StateError."""
        try:
            if os.path.lexists(self._place.path(ASIDE)):
                # It never follows links, whatever the service's user put there.
                shutil.rmtree(self._place.path(ASIDE))
        except OSError as error:
            raise StateError("cannot remove %s: %s" % (error.filename, error.strerror or error)) from error

    def remember(self) -> None:
        """That it began empty now. Raises StateError."""
        write_atomic(self._place.path(EMPTIED), b"", 0o644)

    def _restart(self, order: str) -> None:
        write_atomic(self._place.path(ORDER), order.encode("ascii") + b"\n", 0o644)
        self._service.restart()
        self._wait()

    def _is_ordered(self) -> bool:
        return os.path.lexists(self._place.path(ORDER))

    def _forget_order(self) -> None:
        try:
            os.unlink(self._place.path(ORDER))
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError("cannot remove %s: %s" % (self._place.path(ORDER), error.strerror or error)) from error
