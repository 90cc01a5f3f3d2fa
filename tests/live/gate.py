# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a registry that holds one request back, so that a pull stands still in the middle."""

from __future__ import annotations

import re
import threading

from faults import Fault
from meddling_proxy import MeddlingProxy


class Gate(MeddlingProxy):
    """Use as a context manager: `address` leads to the registry; a path with `held` in it waits for open()."""

    def __init__(self, registry: str, held: str) -> None:
        super().__init__(registry)
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._held = held
        self.before = self._see
        self.faults.add(Fault(held=self._opened), path=re.escape(held))

    def open(self) -> None:
        self._opened.set()

    def _see(self, _method: str, path: str) -> None:
        if self._held in path:
            self.reached.set()
