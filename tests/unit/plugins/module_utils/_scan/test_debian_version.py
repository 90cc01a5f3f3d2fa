# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of Debian versions; every line was compared with dpkg --compare-versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.debian_version import version_key

IN_ORDER = [
    ["0~", "0~0"],
    ["0", "00", "0-0", "0:0"],
    ["0.1~rc1-1"],
    ["0.1-1"],
    ["1.0~~"],
    ["1.0~~a"],
    ["1.0~"],
    ["1.0", "1.0-0", "1.00"],
    ["1.0-0.1"],
    ["1.0-1~deb12u1"],
    ["1.0-1"],
    ["1.0-1+b1"],
    ["1.0-1.1"],
    ["1.0a"],
    ["1.0+dfsg-1"],
    ["1.0.1"],
    ["1.2-3-4"],
    ["1.9"],
    ["1.10"],
    ["2.0-99999999999999999999"],
    ["2.0-100000000000000000000"],
    ["1:0.1"],
    ["10:0.1"],
]


@pytest.mark.parametrize(("lower", "higher"), list(zip(IN_ORDER, IN_ORDER[1:])))
def test_order(lower: list, higher: list) -> None:
    assert len({version_key(one) for one in lower}) == 1
    assert version_key(lower[0]) < version_key(higher[0])


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_any_text_has_a_place(one: str, two: str, three: str) -> None:
    low, middle, high = sorted((version_key(one), version_key(two), version_key(three)))
    assert low <= middle <= high and low <= high
