# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CPython versions this machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

_OLDEST, _NEWEST = 8, 14


def find_pythons() -> list[str]:
    """Versions like '3.11' that start, oldest first; their folders are put on PATH, so that a launcher finds them.

    Launchers of version managers exist for versions that are not active, and fail: each is tried.
    """
    found = []
    for minor in range(_OLDEST, _NEWEST + 1):
        version = "3.%d" % minor
        folder = _folder(version)
        if folder:
            found.append(version)
            os.environ["PATH"] += os.pathsep + folder
    return found


def _folder(version: str) -> str | None:
    managed = [path for root in _managers() for path in root.glob("versions/%s.*/bin/python3" % version)]
    managed.sort(key=_patch, reverse=True)
    for candidate in [*map(str, managed), shutil.which("python" + version)]:
        if candidate and _starts(candidate, version):
            return os.path.dirname(candidate)
    return None


def _managers() -> set[Path]:
    """Folders of pyenv: the user's, and those whose launchers are on PATH."""
    launchers = [Path(entry) for entry in os.environ["PATH"].split(os.pathsep)]
    return {Path.home() / ".pyenv", *(path.parent for path in launchers if path.name == "shims")}


def _patch(path: Path) -> int:
    return int(re.findall(r"\d+", path.parts[-3])[-1])


def _starts(candidate: str, version: str) -> bool:
    try:
        done = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.startswith("Python %s." % version)
