# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries, pushed in three parts with a sync after each: both regions hold what the source holds, whole.

IMAGEFLEET_SYNCS takes that many seeds instead of those below; IMAGEFLEET_FRESH_SEED repeats the one that was drawn anew.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any, Mapping

import pytest
from own_registry import OwnRegistry
from random_registries import DrawnRegistry, Step, draw
from regions import Regions
from registry_pushing import push
from whole import all_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to

COUNT = int(os.environ.get("IMAGEFLEET_SYNCS") or 0)
FRESH = int(os.environ.get("IMAGEFLEET_FRESH_SEED") or random.SystemRandom().randrange(10**6, 10**9))
#: With signatures of signatures, lists that grow, tags of one image that are put at the same time, and moving tags.
RICH = (4, 5, 8, 14, 17)
ROUNDS = 3


@pytest.fixture(scope="module", autouse=True)
def tell(request: Any) -> None:
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("\nfresh seed: IMAGEFLEET_FRESH_SEED=%d" % FRESH)


def parts(drawn: DrawnRegistry) -> list[list[Step]]:
    """The pushes of each round: those of one repository stay in their order, whatever the others do meanwhile."""
    rng = random.Random("parts %d" % drawn.seed)
    found: list[list[Step]] = [[] for _round in range(ROUNDS)]
    for repository in sorted({step.repository for step in drawn.steps}):
        own = [step for step in drawn.steps if step.repository == repository]
        ends = sorted(rng.randint(0, len(own)) for _cut in range(ROUNDS - 1))
        for number, (start, end) in enumerate(zip([0, *ends], [*ends, len(own)])):
            found[number] += own[start:end]
    return found


def expected(pushed: DrawnRegistry) -> dict[str, dict[str, str]]:
    """Repository -> tag -> digest: names that people gave, and what is attached to what these mean, at whatever remove."""
    found = {}
    for repository, held in pushed.holdings().items():
        named = {tag: one for tag, one in held.tags.items() if attached_to(tag) is None}
        reached = held.below(named.values())
        while True:
            tags = {tag: one for tag, one in held.tags.items() if (attached_to(tag) or ("", ""))[0] in reached}
            more = reached | held.below(tags.values())
            if more == reached:
                break
            reached = more
        found[repository] = {**named, **tags}
    return found


def check(region: OwnRegistry, now: Mapping[str, Mapping[str, str]], earlier: Mapping[str, set[str]]) -> None:
    """Whatever else a region has was to be there before, when what it is attached to had a name."""
    for repository, tags in now.items():
        held = region.tags(repository)
        assert {tag: held.get(tag) for tag in tags} == tags
        assert held.keys() - tags.keys() <= earlier.get(repository, set())
        assert all_whole(region.address, repository) == []
    assert set(region.repositories()) == {name for name, tags in now.items() if tags}


@pytest.mark.parametrize("seed", [*(range(1, COUNT + 1) if COUNT else RICH), FRESH])
def test_regions_hold_what_the_source_holds(tmp_path: Path, seed: int) -> None:
    drawn = draw(seed)
    pushed = DrawnRegistry(seed, drawn.prefix)
    earlier: dict[str, set[str]] = {}
    order = {"repositories": [drawn.prefix + "/**"]}
    with Regions(tmp_path, 2) as regions:
        for part in parts(drawn):
            for step in part:
                tags = [step.tag] if step.tag else []
                push(regions.source.address, step.repository, step.manifest, *tags)
            pushed.steps += part
            if not pushed.steps:
                continue
            now = expected(pushed)
            planned = regions.sync(apply=False, **order)
            done = regions.sync(**order)
            assert done["plan_digest"] == planned["plan_digest"] and done["problems"] == []
            assert {row["outcome"] for row in done["plan"]} <= {"done"}
            for region in regions.all:
                check(region, now, earlier)
            regions.mark()
            again = regions.sync(**order)
            assert not again["changed"] and again["plan"] == []
            # A HEAD for each tag on each side, a list for each repository, and the list of repositories.
            compared = sum(map(len, now.values()))
            assert again["summary"]["requests"] == regions.count() == 3 * compared + len(now) + 1
            for repository, tags in now.items():
                earlier.setdefault(repository, set()).update(tags)
