# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the machine that a layer needs and no Python package brings."""

from __future__ import annotations

import shutil
from typing import Any, Callable


def ensure_program(run: Callable[..., Any], name: str, package: str) -> None:
    """Install a Debian package without a daemon when its program is missing; fails with apt's own words."""
    if shutil.which(name) is None:
        run("apt-get", "-q", "update", external=True, silent=True)
        run("apt-get", "-q", "install", "-y", "--no-install-recommends", package, external=True, silent=True)
