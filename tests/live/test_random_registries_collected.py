# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries and policies on the real registry with its real garbage collection: what is planned is what goes.

Undone it is all there again, byte for byte; done again and collected, what stays can be pulled whole, and the bytes that
were planned are free. IMAGEFLEET_REGISTRIES takes that many seeds instead of those below; IMAGEFLEET_FRESH_SEED repeats
the one that was drawn anew.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import pytest
from janitor import decisions, restore, tidy
from own_registry import OwnRegistry
from random_registries import DrawnRegistry, draw
from registry_oracle import Oracle, Place
from registry_pushing import head_manifest
from whole import all_whole, orphans

COUNT = int(os.environ.get("IMAGEFLEET_REGISTRIES") or 0)
#: Those of the first sixty whose policies delete most: many a drawn one keeps everything.
RICH = (2, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 24, 25, 26, 28, 30, 31, 36, 37, 44, 50, 51, 54, 57, 59)
FRESH = int(os.environ.get("IMAGEFLEET_FRESH_SEED") or random.SystemRandom().randrange(10**6, 10**9))


@pytest.fixture(scope="module", autouse=True)
def tell(request: Any) -> None:
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("\nfresh seed: IMAGEFLEET_FRESH_SEED=%d" % FRESH)


@dataclass(frozen=True)
class State:
    """All of a registry, from its disk: tags with their digests, manifests, blobs with their sizes."""

    tags: Mapping[Place, str]
    manifests: frozenset[Place]
    blobs: Mapping[str, int]


def state(registry: OwnRegistry) -> State:
    names = registry.repositories()
    tags = {(name, tag): found for name in names for tag, found in registry.tags(name).items()}
    return State(tags, frozenset((name, one) for name in names for one in registry.manifests(name)), registry.blobs())


def orphaned(registry: OwnRegistry) -> set[Place]:
    """Signatures and lists of referrers whose subject is gone."""
    return {(name, tag) for name in registry.repositories() for tag in orphans(registry.address, name)}


def check_whole(registry: OwnRegistry) -> None:
    """Every blob of every tag is read."""
    for name in registry.repositories():
        assert all_whole(registry.address, name) == []


@pytest.mark.parametrize("seed", [*(range(1, COUNT + 1) if COUNT else RICH), FRESH])
def test_what_goes_is_what_was_planned(tmp_path: Path, seed: int) -> None:
    drawn = draw(seed)
    with OwnRegistry(tmp_path / "registry") as registry:
        drawn.push(registry.address)
        before, without_subject = state(registry), orphaned(registry)
        planned = tidy(tmp_path, registry.address, apply=False, **drawn.policy)
        oracle = expected(drawn, planned)
        assert before.manifests == oracle.before and set(before.blobs) == oracle.marked(oracle.before)
        assert state(registry) == before
        assert oracle.gone or seed not in RICH

        apply(tmp_path, registry, drawn, planned, oracle, before)
        if planned["changed"]:
            restore(tmp_path, registry.address)
        assert state(registry) == before
        check_whole(registry)

        # Now it is known since when every tag is there, which may change what a rule says.
        planned = tidy(tmp_path, registry.address, apply=False, **drawn.policy)
        oracle = expected(drawn, planned)
        apply(tmp_path, registry, drawn, planned, oracle, before)
        registry.collect()
        check_collected(registry, planned, oracle, before)
        check_whole(registry)
        assert orphaned(registry) <= without_subject


def expected(drawn: DrawnRegistry, planned: Mapping[str, Any]) -> Oracle:
    """From the fates of the tags alone; each has one."""
    fates: dict[str, list[Place]] = {"keep": [], "delete": []}
    for row in planned["plan"]:
        if row["tag"]:
            fates[row["action"]].append((row["repository"], row["tag"]))
    holdings = drawn.holdings()
    every = [(name, tag) for name, one in holdings.items() for tag in one.tags]
    assert sorted(every) == sorted(fates["keep"] + fates["delete"])
    return Oracle(holdings, fates["keep"], fates["delete"])


def apply(
    folder: Path,
    registry: OwnRegistry,
    drawn: DrawnRegistry,
    planned: Mapping[str, Any],
    oracle: Oracle,
    before: State,
) -> None:
    """Carried out, the plan is the same, and exactly what it names is gone."""
    done = tidy(folder, registry.address, expect_plan=planned["plan_digest"], **drawn.policy)
    assert decisions(done) == decisions(planned)
    deleted = [row for row in done["plan"] if row["action"] == "delete"]
    assert {row["outcome"] for row in deleted} <= {"done"}
    assert {(row["repository"], row["digest"]) for row in deleted} == oracle.gone
    for name, one in oracle.gone:
        assert head_manifest(registry.address, name, one)[0] == 404
    found = state(registry)
    assert found.manifests == oracle.after
    assert found.tags == {place: one for place, one in before.tags.items() if (place[0], one) not in oracle.gone}
    assert oracle.without_subject(oracle.after) <= oracle.without_subject(oracle.before)


def check_collected(registry: OwnRegistry, planned: Mapping[str, Any], oracle: Oracle, before: State) -> None:
    """Nothing is left but what stays, and what became free is what was planned, to the byte.

    Less than that only by what manifests hold that no list ever showed.
    """
    found, summary = state(registry), planned["summary"]
    assert found.manifests == oracle.after and set(found.blobs) == oracle.collected()
    assert summary["exact"] and summary["reclaimable_bytes"] == size(before, oracle.planned())
    unseen = oracle.planned() & oracle.collected()
    assert size(before, set(before.blobs) - set(found.blobs)) == summary["reclaimable_bytes"] - size(before, unseen)


def size(state: State, blobs: set[str]) -> int:
    return sum(state.blobs[one] for one in blobs)
