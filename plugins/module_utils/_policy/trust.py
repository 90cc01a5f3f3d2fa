# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the clocks can be trusted with a deletion by age (S11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import format_duration

MAX_DIFFERENCE = 300
MAX_JUMP = 7 * 86400
# The state keeps whole seconds, and two runs may share one.
BACKWARD_TOLERANCE = 5


@dataclass(frozen=True)
class Reading:
    """One look at the clocks: `engine` (or a registry) and `local` epoch seconds, `boot` names this start of the machine, `uptime` seconds since."""

    engine: int
    local: int
    boot: str
    uptime: float


def distrust(now: Reading, last_run: int, last_boot: str, last_uptime: float, who: str = "the engine") -> Optional[str]:
    """Why ages must not decide now, and what to do; None when they may. `last_*` come from the state of the last run (0 and "" for none)."""
    apart = abs(now.engine - now.local)
    if apart > MAX_DIFFERENCE:
        return "%s's clock and this machine's differ by %s; set them right" % (who, format_duration(apart))
    if not last_run:
        return None
    behind = last_run - now.engine
    if behind > BACKWARD_TOLERANCE:
        return "%s's clock is %s behind the last run; set it right and run again" % (who, format_duration(behind))
    if now.boot and now.boot == last_boot:
        jump = abs((now.engine - last_run) - (now.uptime - last_uptime))
        if jump > MAX_JUMP:
            return "the clock jumped by %s since the last run; if it is right now, run again" % format_duration(
                int(jump)
            )
    elif now.engine - last_run > MAX_JUMP and now.engine - last_run > now.uptime + MAX_JUMP:
        # Switched off for long, or the clock was set while it started: one run of watching settles it.
        return "the last run was %s ago and the machine was restarted since; if the clock is right, run again" % (
            format_duration(now.engine - last_run)
        )
    return None
