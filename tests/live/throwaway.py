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

from lab import Engine
from lab.paths import instance
from lab.process import identify
from workbench import Workbench

_NUMBERS = count(1)


@contextmanager
def throwaway(kind: str, tcp_tls: bool = False) -> Iterator[Engine]:
    """A running engine that nobody else uses; nothing is left of it afterwards."""
    folder = instance("test").engine("x%d-%d" % (os.getpid(), next(_NUMBERS)))
    engine = Engine(kind, folder, tcp_tls=tcp_tls)
    try:
        yield engine.start()
    finally:
        engine.destroy()


def workbench(engine: Engine, folder: Path, prefix: str = "t-own") -> Workbench:
    """The engine as tests see it."""
    return Workbench(engine.describe("own"), folder, prefix)


def start_after_crash(engine: Engine) -> None:
    """Start an engine that was killed. Its containerd may have died with it and stay a zombie for want of a parent that
    takes notice; the new engine would wait for it, so the record of its process id goes first, as a reboot would do it."""
    record = engine.folder / "exec" / "containerd" / "containerd.pid"
    if record.exists() and identify(int(record.read_text())) is None:
        record.unlink()
    engine.start()
