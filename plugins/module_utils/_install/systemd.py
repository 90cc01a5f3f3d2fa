# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few things asked of systemd, through a `run` callable: argv to (return code, output, errors)."""

from __future__ import annotations

import os
from typing import Callable, List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

Run = Callable[[List[str]], Tuple[int, str, str]]
RUNNING_SYSTEMD = "/run/systemd/system"


def is_booted(root: str = "") -> bool:
    """Whether systemd runs this host (sd_booted(3))."""
    return os.path.isdir(root + RUNNING_SYSTEMD)


def is_active(run: Run, unit: str) -> bool:
    """A unit that systemd does not know is not active."""
    return run(["systemctl", "is-active", "--quiet", unit])[0] == 0


def reload_units(run: Run) -> None:
    """After unit files changed. Raises StateError."""
    _systemctl(run, "daemon-reload")


def restart(run: Run, unit: str) -> None:
    """Raises StateError."""
    _systemctl(run, "restart", unit)


def stop(run: Run, unit: str) -> None:
    """Raises StateError."""
    _systemctl(run, "stop", unit)


def forget_failure(run: Run, unit: str) -> None:
    """A failed run must not stay in the list of failed units; a unit that never ran is none of our business."""
    run(["systemctl", "reset-failed", unit])


def _systemctl(run: Run, *arguments: str) -> None:
    code, output, errors = run(["systemctl", *arguments])
    if code != 0:
        told = (errors or output).strip() or "no message"
        raise StateError(f"systemctl {' '.join(arguments)} failed with exit code {code}: {told}")
