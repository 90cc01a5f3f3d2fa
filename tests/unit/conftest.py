# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests run: a loaded machine is no failure, so nothing is judged by time; and the machine's proxy is not theirs."""

from __future__ import annotations

import gc
import itertools
import os
import sys

from hypothesis import HealthCheck, settings

# The main Python searches; on the others it is enough that the same code runs.
EXAMPLES = 100 if sys.version_info[:2] == (3, 11) else 25
settings.register_profile("untimed", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)


if sys.version_info < (3, 9):
    # What runs when garbage is collected may run at the bottom of a stack that a hostile document has just filled; Python 3.8
    # then aborts ("Cannot recover from stack overflow") instead of raising. Between tests the stack is flat.
    gc.disable()
    TESTS = itertools.count(1)

    def pytest_runtest_teardown(item):
        if next(TESTS) % 50 == 0:
            gc.collect()
