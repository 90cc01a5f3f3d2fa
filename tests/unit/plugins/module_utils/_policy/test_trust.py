# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When ages must not decide (S11)."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import Reading, distrust

NOW = 1_700_000_000
DAY = 86400


@pytest.mark.parametrize(
    ("engine", "local", "boot", "uptime", "last", "words"),
    [
        (NOW, NOW, "a", 1000, (0, "", 0), None),
        (NOW, NOW + 300, "a", 1000, (0, "", 0), None),
        (NOW, NOW + 301, "a", 1000, (0, "", 0), "differ by 5m; set them right"),
        (NOW - 301, NOW, "a", 1000, (0, "", 0), "differ by 5m; set them right"),
        (NOW, NOW, "a", 1000, (NOW + 5, "a", 1000), None),
        (NOW, NOW, "a", 1000, (NOW + 60, "a", 1000), "1m behind the last run; set it right and run again"),
        # A month without a run on a machine that was up all the time is no jump.
        (NOW, NOW, "a", 31 * DAY, (NOW - 30 * DAY, "a", DAY), None),
        # The clock was set forward by thirty days while the machine ran for one hour.
        (
            NOW,
            NOW,
            "a",
            DAY + 3600,
            (NOW - 30 * DAY, "a", DAY),
            "jumped by 29d since the last run; if it is right now, run again",
        ),
        # Restarted in between: the missing time cannot be proven.
        (NOW, NOW, "b", 3600, (NOW - 30 * DAY, "a", DAY), "restarted since; if the clock is right, run again"),
        (NOW, NOW, "b", 3600, (NOW - 2 * DAY, "a", DAY), None),
        (NOW, NOW, "b", 25 * DAY, (NOW - 30 * DAY, "a", DAY), None),
    ],
)
def test_clocks_are_compared_with_each_other_and_with_the_last_run(engine, local, boot, uptime, last, words):
    why = distrust(Reading(engine, local, boot, uptime), *last)
    assert why is None if words is None else words in why
