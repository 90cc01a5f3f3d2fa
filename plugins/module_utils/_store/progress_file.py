# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell how far a long run is, in a file that others read meanwhile."""

from __future__ import annotations

import os
import threading
from typing import Callable, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError


def progress_writer(path: Optional[str]) -> Callable[[str], None]:
    """What appends a line to `path` at once, from any thread; without a path nothing is written. Raises StateError.

    A progress that can no longer be written ends no run.
    """
    if not path:
        return lambda _line: None
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError("progress_path: cannot write %s: %s" % (path, error.strerror or error)) from error
    lock = threading.Lock()

    def write(line: str) -> None:
        with lock:
            try:
                os.write(handle, (line.replace("\n", " ") + "\n").encode("utf-8", "replace"))
            except OSError:
                return

    return write
