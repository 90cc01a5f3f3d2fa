# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single blob that takes long tells how far it is."""

from __future__ import annotations

import time
from typing import Callable

from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import format_size

# Seconds between two lines.
EVERY = 5.0


class LongCopy:
    """Called with the bytes read so far. `what` is told with them."""

    def __init__(
        self, say: Callable[[str], None], what: str, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._what = what
        self._size = size
        self._clock = clock
        self._told = clock()

    def __call__(self, done: int) -> None:
        now = self._clock()
        if now - self._told >= EVERY:
            self._told = now
            share = 100 * done // self._size if self._size else 0
            self._say("%s: %s of %s (%d%%)" % (self._what, format_size(done), format_size(self._size), share))
