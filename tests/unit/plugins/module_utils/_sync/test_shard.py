# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.shard import Shard, parse_shard


@given(st.text(min_size=1), st.integers(1, 40))
def test_every_repository_is_in_exactly_one_share(name: str, count: int) -> None:
    assert [Shard(number, count).has(name) for number in range(1, count + 1)].count(True) == 1


def test_shares_are_alike_in_size() -> None:
    sizes = [sum(Shard(number, 4).has("team/app-%d" % one) for one in range(1000)) for number in range(1, 5)]
    assert sum(sizes) == 1000 and min(sizes) > 200


def test_a_share_is_the_same_on_every_host_and_day() -> None:
    assert [name for name in ("shop/web", "shop/api", "shop/db", "base") if Shard(1, 2).has(name)] == ["shop/web"]


@pytest.mark.parametrize("value", ["0/2", "3/2", "1", "a/b", "1/0", "1/2/3", "-1/2", 2, True, ["1/2"]])
def test_bad_shares(value: Any) -> None:
    with pytest.raises(PolicyError, match="^shard: .* such as 2/5"):
        parse_shard(value)


@pytest.mark.parametrize("value", [None, ""])
def test_no_share_is_everything(value: Any) -> None:
    assert parse_shard(value) is None
    assert parse_shard("2/5") == Shard(2, 5)
