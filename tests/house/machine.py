# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the machine that a layer needs and no Python package brings."""

from __future__ import annotations

import shutil
from typing import Any, Callable, Sequence

from lab.requirements import missing_packages

_APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


def ensure_program(run: Callable[..., Any], name: str, package: str) -> None:
    """Install a Debian package without a daemon when its program is missing; fails with apt's own words."""
    if shutil.which(name) is None:
        _install(run, [package])


def ensure_lab_programs(run: Callable[..., Any]) -> None:
    """Install what the lab needs of the machine, such as an ssh client."""
    missing = missing_packages()
    if missing:
        _install(run, missing)


def _install(run: Callable[..., Any], packages: Sequence[str]) -> None:
    print("installing %s, which this machine lacks" % " ".join(packages))
    run(*_APT, "update", external=True, silent=True)
    run(*_APT, "install", "-y", "--no-install-recommends", *packages, external=True, silent=True)
