# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab root of this benchmark's own: neither does it need a lab that is up, nor can it touch one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
# The registries and images of the live tests; their `archive` goes before the one that lies here.
sys.path[:0] = [str(ROOT / "tests" / "live"), str(ROOT / "tests" / "lab")]

from lab.paths import cache, instance
from lab.prepare import prepare
from lab.state import write_json


@contextmanager
def private_place() -> Iterator[Path]:
    """An empty folder that is gone at the end. What is in tests/live may be imported inside only."""
    prepare(cache(), with_rootfs=False)
    # Short, since sockets lie below it.
    root = Path(tempfile.mkdtemp(prefix="imagefleet-bench-", dir="/var/tmp"))
    os.environ["IMAGEFLEET_LAB_ROOT"] = str(root / "lab")
    try:
        # What the live tests want to know of their lab.
        write_json(instance("test").lab_file, {"cache": str(cache().root), "registries": [], "engines": []})
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
