# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""community.docker out of the `ansible` package: fetched once, and only this collection unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = "ansible==12.3.0"
_WANTED = ("ansible_collections/community/docker/plugins/", "ansible_collections/community/docker/MANIFEST.json")


class Unavailable(Exception):
    """The collection cannot be had; the text says why."""


def fetch(folder: Path) -> Path:
    """The folder to put on PYTHONPATH."""
    unpacked = folder / PACKAGE
    if unpacked.is_dir():
        return unpacked
    downloads = folder / "download"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--dest", str(downloads), PACKAGE], capture_output=True, text=True, check=False)
    wheels = sorted(downloads.glob("ansible-*.whl"))
    if done.returncode != 0 or not wheels:
        raise Unavailable("%s cannot be downloaded: %s" % (PACKAGE, (done.stderr.strip() or "no wheel")[-200:]))
    draft = folder / (PACKAGE + ".draft")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        for name in wheel.namelist():
            if name.startswith(_WANTED):
                wheel.extract(name, draft)
    draft.rename(unpacked)
    wheels[-1].unlink()
    return unpacked
