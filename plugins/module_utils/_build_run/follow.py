# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a program says on standard error while it runs."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Callable, Mapping, Optional, Sequence, Tuple, Type

from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

# Seconds between two looks.
_PAUSE = 0.5
# A file, since what runs programs for a module gives their output only when they are done.
_INTO_FILE = 'exec "$@" 2>"$0"'


def followed(run: Run, path: str, told: Callable[[str], None]) -> Run:
    """The same `run`; each whole line on standard error goes to `told` while the program runs.

    `path` is a new file for what it says: readable by this user alone, to be removed by the caller.
    """

    def run_followed(argv: Sequence[str], environment: Mapping[str, str], text: Optional[str]) -> Tuple[int, str, str]:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with _Follower(path, told):
            code, output, errors = run(["sh", "-c", _INTO_FILE, path, *argv], environment, text)
        with open(path, "rb") as stream:
            return code, output, errors + stream.read().decode("utf-8", "replace")

    return run_followed


class _Follower:
    def __init__(self, path: str, told: Callable[[str], None]) -> None:
        self._path = path
        self._told = told
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        _kind: Optional[Type[BaseException]],
        _error: Optional[BaseException],
        _trace: Optional[TracebackType],
    ) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        rest, over = b"", False
        with open(self._path, "rb") as stream:
            while not over:
                over = self._over.wait(_PAUSE)
                *lines, rest = (rest + stream.read()).split(b"\n")
                for line in lines:
                    self._told(line.decode("utf-8", "replace"))
