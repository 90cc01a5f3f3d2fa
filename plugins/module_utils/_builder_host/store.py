# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where buildx keeps builders, read as it is and put back when a change that failed damaged it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from typing import Callable, Collection, Iterator, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.stored import (
    Current,
    parse_current,
    parse_instance,
    without_nodes,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

MAXIMUM_BYTES = 16 * 1024 * 1024
#: A configuration that buildx gives to every builder for which none is named (docker/buildx util/confutil).
DEFAULT_CONFIG = "buildkitd.default.toml"
LOCK_SECONDS, PAUSE = 60.0, 0.1


def store_folder(config_dir: Optional[str], environment: Mapping[str, str]) -> str:
    """As buildx finds it: BUILDX_CONFIG, else `buildx` in the folder of the client's configuration."""
    if config_dir is not None:
        return os.path.join(config_dir, "buildx")
    own = environment.get("BUILDX_CONFIG")
    if own:
        return own
    return os.path.join(environment.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker"), "buildx")


class BuilderStore:
    """One folder of builders."""

    def __init__(self, folder: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.folder = folder
        self._sleep = sleep

    def path(self, name: str) -> str:
        return os.path.join(self.folder, "instances", name)

    def read(self, name: str) -> Optional[bytes]:
        """Every byte of what buildx keeps, None when there is no such builder. Raises StateError."""
        return read_capped(self.path(name), MAXIMUM_BYTES)

    def find(self, name: str) -> Optional[Definition]:
        """Raises StateError."""
        data = self.read(name)
        return None if data is None else parse_instance(self.path(name), data)

    @property
    def current_path(self) -> str:
        return os.path.join(self.folder, "current")

    def current(self) -> Optional[Current]:
        return parse_current(read_capped(self.current_path, MAXIMUM_BYTES))

    @property
    def default_config_path(self) -> str:
        return os.path.join(self.folder, DEFAULT_CONFIG)

    def default_config(self) -> Optional[bytes]:
        return read_capped(self.default_config_path, MAXIMUM_BYTES)

    def others(self, name: str) -> List[Definition]:
        """All other builders, without those whose file is damaged."""
        try:
            names = sorted(os.listdir(os.path.join(self.folder, "instances")))
        except (FileNotFoundError, NotADirectoryError):
            return []
        found: List[Definition] = []
        for other in names:
            if other != name:
                with contextlib.suppress(StateError):
                    definition = self.find(other)
                    found += [definition] if definition is not None else []
        return found

    def drop_nodes(self, name: str, nodes: Collection[str]) -> None:
        """A builder without these nodes: buildx stops at the first that cannot be reached. Raises StateError, LockedError."""
        data = self.read(name)
        if nodes and data is not None:
            self.put_back(self.path(name), without_nodes(data, nodes))

    def put_back(self, path: str, data: Optional[bytes]) -> None:
        """A file of buildx as it was, None for no file. Raises StateError, LockedError, OSError."""
        with self._locked():
            if read_capped(path, MAXIMUM_BYTES) == data:
                return
            if data is not None:
                write_atomic(path, data, 0o600)
            else:
                os.unlink(path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """The lock that buildx itself takes (flock(2))."""
        path = os.path.join(self.folder, ".lock")
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError("cannot open %s: %s" % (path, error.strerror or error)) from error
        try:
            self._acquire(handle, path)
            yield
        finally:
            os.close(handle)

    def _acquire(self, handle: int, path: str) -> None:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES) or time.monotonic() > end:
                    raise LockedError(
                        "%s is held by another docker buildx: %s" % (path, error.strerror or error)
                    ) from error
            self._sleep(PAUSE)
