# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._store import names


def test_runs_are_in_the_order_of_time_also_within_a_second(monkeypatch):
    ticks = iter(range(10**9 - 5000, 10**9, 1000))
    monkeypatch.setattr(names.time, "time_ns", lambda: next(ticks))
    found = [names.new_run_id(1_800_000_000) for _run in range(5)]
    assert found == sorted(found) and len(set(found)) == 5
    assert all(names.is_run_id(one) and names.moment_of(one) == 1_800_000_000 for one in found)
    assert found[0].startswith("20270115T080000Z-")


def test_runs_of_one_moment_are_told_apart():
    assert len({names.new_run_id(0) for _run in range(200)}) == 200


@pytest.mark.parametrize(
    "text", ["", "last", "20270115T080000Z", "../20270115T080000Z-00000000", "20270115T080000Z-0000000G"]
)
def test_what_names_no_run(text):
    assert not names.is_run_id(text)


@pytest.mark.parametrize("name", ["r.example.com:5000", "[::1]:5000", "a/b"])
def test_a_registry_as_a_file_name(name):
    assert not set(names.file_name(name)) & set("/:[]")
