# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image store on disk: its bytes, and copies of it, so that every tool finds the same images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

from lab import Engine

_CONTAINERD = "containerd/daemon"
_HOLDERS = {
    "overlay2": ("overlay2",),
    "containerd": (
        _CONTAINERD + "/io.containerd.content.v1.content/blobs",
        _CONTAINERD + "/io.containerd.snapshotter.v1.overlayfs/snapshots",
    ),
}
_QUIET_SECONDS = 1.0
_PATIENCE_SECONDS = 20.0


def stored_bytes(engine: Engine) -> int:
    """Bytes of all files in layers, snapshots and blobs; what only manages them (databases, links) is left out."""
    total = 0
    for holder in _HOLDERS[engine.kind]:
        for folder, folders, files in os.walk(engine.data_root / holder):
            if folder.endswith("/overlay2"):
                folders[:] = [name for name in folders if name != "l"]
            inside = "/diff" in folder or "/fs" in folder or "/blobs" in folder
            for name in files if inside else ():
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    continue
    return total


def settled_bytes(engine: Engine) -> int:
    """stored_bytes() once it no longer changes: the containerd store collects its garbage a moment later."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    seen = stored_bytes(engine)
    while time.monotonic() < deadline:
        time.sleep(_QUIET_SECONDS)
        now = stored_bytes(engine)
        if now == seen:
            break
        seen = now
    return seen


def save(engine: Engine, copy: Path) -> None:
    """Put a copy of the stopped engine's data aside; the engine runs again afterwards."""
    engine.stop()
    subprocess.run(["cp", "-a", str(engine.data_root), str(copy)], check=True)
    engine.start()


def restore(engine: Engine, copy: Path) -> None:
    """Bring the engine back to the copy."""
    engine.stop()
    shutil.rmtree(engine.data_root)
    subprocess.run(["cp", "-a", str(copy), str(engine.data_root)], check=True)
    engine.start()
