# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clocks said at the last run: kept, and as good as none when it cannot be understood."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import Reading
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock_memory import (
    ClockMemory,
    load_clock,
    save_clock,
)


def test_it_is_kept(tmp_path):
    path = str(tmp_path / "state" / "clock.json")
    assert load_clock(path) == ClockMemory()
    save_clock(path, Reading(1000, 1001, "boot", 12.5))
    assert load_clock(path) == ClockMemory(1000, "boot", 12.5)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"last_run": "x", "boot_id": "", "boot_seconds": 1}'])
def test_damage_is_as_good_as_none(tmp_path, text):
    (tmp_path / "clock.json").write_text(text)
    assert load_clock(str(tmp_path / "clock.json")) == ClockMemory()
