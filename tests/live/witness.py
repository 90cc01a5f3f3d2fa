# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody asked of a registry through a proxy, and when it began and ended among all that others did."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import count
from typing import Callable

from meddling_proxy import MeddlingProxy

#: Moments are numbers that only grow; no clock is asked.
Moment = int


@dataclass(frozen=True)
class Deed:
    """One request: `begun` before the registry got it, `ended` after it answered."""

    method: str
    path: str
    status: int
    begun: Moment
    ended: Moment

    @property
    def reference(self) -> str:
        return self.path.rpartition("/")[2]


class Witness:
    """`turn` is called with the method of each request, before it is passed on. Ask moment() for the moment of anything else."""

    def __init__(self, proxy: MeddlingProxy, turn: Callable[[str], None]) -> None:
        self.deeds: list[Deed] = []
        self.moment: Callable[[], Moment] = count(1).__next__
        self._turn = turn
        self._current = threading.local()
        proxy.before, proxy.after = self._before, self._after

    def _before(self, method: str, _path: str) -> None:
        self._turn(method)
        self._current.begun = self.moment()

    def _after(self, method: str, path: str, status: int) -> None:
        self.deeds.append(Deed(method, path, status, self._current.begun, self.moment()))

    # What was asked, in order ---------------------------------------------------------------------------------------

    def lists(self) -> list[Deed]:
        """Of tags."""
        return [one for one in self.deeds if one.path.endswith("/tags/list")]

    def about(self, method: str, reference: str) -> list[Deed]:
        """What was asked about a tag or digest."""
        return [one for one in self.deeds if one.method == method and one.reference == reference]
