# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty rounds of retention while others push all through it (S6): nothing that is pushed is lost.

IMAGEFLEET_ROUNDS says how many rounds (50); IMAGEFLEET_FRESH_SEED repeats the one that was drawn anew.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any, Iterator

import pytest
from janitor import by_name
from own_registry import OwnRegistry
from raced import KEPT, raced
from whole import all_whole, orphans

ROUNDS = int(os.environ.get("IMAGEFLEET_ROUNDS") or 50)
FRESH = int(os.environ.get("IMAGEFLEET_FRESH_SEED") or random.SystemRandom().randrange(10**6, 10**9))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: Any, request: Any) -> Iterator[OwnRegistry]:
    """One for all rounds, each of which has a repository of its own."""
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("\nfresh seed: IMAGEFLEET_FRESH_SEED=%d" % FRESH)
    with OwnRegistry(tmp_path_factory.mktemp("rounds")) as found:
        yield found


@pytest.mark.parametrize("seed", [*range(1, ROUNDS + 1), FRESH])
def test_nothing_that_is_pushed_is_lost(registry: OwnRegistry, tmp_path: Path, seed: int) -> None:
    with raced(registry, tmp_path, seed) as found:
        assert found.judge.lost == []
        last_look = found.witness.lists()[-1].begun
        for tag in orphans(registry.address, found.repository):
            # Only what was pushed when the last look at the tags had begun can have lost its subject.
            assert found.pushers.promises[tag][-1].told > last_look, tag
        found.bring_back()


@pytest.mark.parametrize("seed", [-1, -2, -3, -4, -5])
def test_what_races_leave_behind_goes_with_the_next_run(registry: OwnRegistry, tmp_path: Path, seed: int) -> None:
    """And nothing else does: what was pushed under tags that the rules keep stays."""
    with raced(registry, tmp_path, seed) as found:
        found.bring_back()
        rows = by_name(found.run())
    assert all_whole(registry.address, found.repository) == [] == orphans(registry.address, found.repository)
    tags = registry.tags(found.repository)
    # A tag that shares its manifest with one of those cannot go alone.
    assert {rows[tag]["kept_by"] for tag in tags if not tag.startswith((*KEPT, "sha256-"))} <= {"shared"}
    for tag, promises in found.pushers.promises.items():
        if tag.startswith(KEPT) and promises[-1] not in found.judge.excused:
            assert tags[tag] == promises[-1].digest
