# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine's clock and start, beside a clock elsewhere."""

from __future__ import annotations

import time

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import Reading


def read_clock(elsewhere: int) -> Reading:
    """`elsewhere` is what an engine or a registry says that the time is, epoch seconds."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            boot = stream.read().strip()
    except OSError:
        boot = ""
    return Reading(
        elsewhere, int(time.time()), boot, time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    )
