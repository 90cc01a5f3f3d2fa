# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines of one test only, which may be restarted and killed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Iterator

from lab import TESTED, Engine
from lab.carrier import Carrier
from lab.newest_engine import NewestEngine
from lab.paths import cache, instance
from workbench import Workbench

_NUMBERS = count(1)


def _name() -> str:
    return "x%d-%d" % (os.getpid(), next(_NUMBERS))


def not_yet_started(kind: str) -> Engine | NewestEngine:
    """An engine of the kind "overlay2" (20.10), "containerd" (26.1) or "newest" (28.5)."""
    lab = instance(TESTED)
    if kind == "newest":
        return NewestEngine(lab, Carrier(lab, cache()), _name())
    return Engine(kind, lab.engine(_name()))


@contextmanager
def throwaway(kind: str, tcp_tls: bool = False) -> Iterator[Engine]:
    """A running engine that nobody else uses; nothing is left of it afterwards."""
    engine = Engine(kind, instance(TESTED).engine(_name()), tcp_tls=tcp_tls)
    try:
        yield engine.start()
    finally:
        engine.destroy()


def workbench(engine: Engine, folder: Path, prefix: str = "t-own") -> Workbench:
    """The engine as tests see it."""
    return Workbench(engine.describe("own"), folder, prefix)
