# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs remember of each other: when tags were first seen, what waits to be confirmed, and what lost its tag."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from janitor import DAY, WEB, by_name, outcomes, state_file, tidy, time_passes
from own_registry import OwnRegistry
from registry_disk import lay
from registry_pushing import push, retag
from whole import all_whole

WEEK = {"keep": [{"newest": 1, "tagged": True}], "confirm_after": "7d"}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as found:
        yield found


def fill(registry: OwnRegistry, *tags: str) -> None:
    for tag in tags:
        lay(registry, WEB, content.multi_platform(tag), tag)


# Confirmation (S5) ---------------------------------------------------------------------------------------------------


def test_what_was_listed_long_enough_ago_goes(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "1.1.0", "2.0.0")
    first = tidy(tmp_path, registry.address, **WEEK)
    assert outcomes(first) == {"1.0.0": "pending", "1.1.0": "pending", "2.0.0": "keep"}
    assert not first["changed"] and first["summary"]["pending"] == 2
    time_passes(tmp_path, 6 * DAY)
    push(registry.address, WEB, content.multi_platform("rebuilt"), "1.1.0")
    # Both tags, and what one of them pointed at before.
    assert tidy(tmp_path, registry.address, **WEEK)["summary"]["pending"] == 3
    time_passes(tmp_path, DAY)
    planned = tidy(tmp_path, registry.address, apply=False, **WEEK)
    done = tidy(tmp_path, registry.address, **WEEK)
    # The tag that was pushed again waits anew.
    assert outcomes(done) == {"1.0.0": "done", "1.1.0": "pending", "2.0.0": "keep"}
    assert done["plan_digest"] == planned["plan_digest"]
    time_passes(tmp_path, 6 * DAY)
    assert outcomes(tidy(tmp_path, registry.address, **WEEK)) == {"1.1.0": "done", "2.0.0": "keep"}
    assert all_whole(registry.address, WEB) == []
    time_passes(tmp_path, 2 * DAY)
    tidy(tmp_path, registry.address, **WEEK)
    assert len(registry.manifests(WEB)) == 3


def test_check_mode_begins_no_waiting(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "2.0.0")
    tidy(tmp_path, registry.address, **WEEK)
    before = state_file(tmp_path).read_bytes()
    fill(registry, "1.5.0")
    assert outcomes(tidy(tmp_path, registry.address, apply=False, **WEEK))["1.5.0"] == "pending"
    assert state_file(tmp_path).read_bytes() == before
    time_passes(tmp_path, 7 * DAY)
    assert outcomes(tidy(tmp_path, registry.address, **WEEK)) == {"1.0.0": "done", "1.5.0": "pending", "2.0.0": "keep"}


def test_what_is_not_listed_any_more_waits_anew(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "2.0.0")
    tidy(tmp_path, registry.address, **WEEK)
    time_passes(tmp_path, 7 * DAY)
    tidy(tmp_path, registry.address, **WEEK, protect=["%s:1.0.0" % WEB])
    assert outcomes(tidy(tmp_path, registry.address, **WEEK))["1.0.0"] == "pending"


@pytest.mark.parametrize("damage", [None, b"", b"{", b'{"schema": 7}', b'{"schema": 1, "last_run": "soon"}'])
def test_lost_memory_starts_the_wait_again(registry: OwnRegistry, tmp_path: Path, damage: bytes | None) -> None:
    fill(registry, "1.0.0", "2.0.0")
    tidy(tmp_path, registry.address, **WEEK)
    time_passes(tmp_path, 30 * DAY)
    path = state_file(tmp_path)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    done = tidy(tmp_path, registry.address, **WEEK)
    assert outcomes(done) == {"1.0.0": "pending", "2.0.0": "keep"}
    if damage is not None:
        assert any("starts over" in note for note in done["notes"])
        assert path.with_name(path.name + ".corrupt").read_bytes() == damage
    assert json.loads(path.read_text())["repositories"][WEB]["pending"].keys() == {"1.0.0"}


# First seen ----------------------------------------------------------------------------------------------------------


def test_age_counts_from_when_a_tag_was_first_seen_at_its_digest(registry: OwnRegistry, tmp_path: Path) -> None:
    old = content.multi_platform("old", created="2020-05-05T05:05:05Z")
    lay(registry, WEB, old, "1.0.0")
    # The first run of all knows nothing but build times.
    planned = tidy(tmp_path, registry.address, apply=False, minimum_age="30d")
    assert outcomes(planned) == {"1.0.0": "planned"} and by_name(planned)["1.0.0"]["arrived"].startswith("2020-05-05")
    tidy(tmp_path, registry.address, minimum_age="30d", keep=[{"tags": "*"}])

    push(registry.address, WEB, content.multi_platform("new"), "2.0.0")
    retag(registry.address, WEB, "1.0.0", "promoted")
    rules = {"minimum_age": "30d", "keep": [{"tags": ["1.0.0"]}]}
    young = tidy(tmp_path, registry.address, **rules)
    assert outcomes(young) == {"1.0.0": "keep", "2.0.0": "keep", "promoted": "keep"}
    assert by_name(young)["promoted"]["kept_by"] == by_name(young)["2.0.0"]["kept_by"] == "minimum_age"

    time_passes(tmp_path, 29 * DAY)
    # A tag that is moved to an old build begins anew, and that build is needed.
    retag(registry.address, WEB, "1.0.0", "2.0.0")
    moved = tidy(tmp_path, registry.address, **{**rules, "keep": []})
    assert outcomes(moved)["2.0.0"] == outcomes(moved)["promoted"] == outcomes(moved)["1.0.0"] == "keep"
    assert by_name(moved)["2.0.0"]["kept_by"] == "minimum_age" and by_name(moved)["1.0.0"]["kept_by"] == "shared"
    assert all_whole(registry.address, WEB) == []


# Manifests without a tag ---------------------------------------------------------------------------------------------


def test_what_lost_its_tag_is_known_and_can_go(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "2.0.0")
    lost = registry.tags(WEB)["1.0.0"]
    untagged = {"keep": [{"tags": "*"}], "delete": [{"tagged": False, "older_than": "7d"}]}
    assert not tidy(tmp_path, registry.address, **untagged)["changed"]
    push(registry.address, WEB, content.multi_platform("rebuilt"), "1.0.0")
    young = tidy(tmp_path, registry.address, **untagged)
    assert not young["changed"] and by_name(young)[lost]["kind"] == "untagged" and by_name(young)[lost]["tag"] is None
    time_passes(tmp_path, 7 * DAY)
    before = registry.blob_bytes()
    done = tidy(tmp_path, registry.address, **untagged)
    assert by_name(done)[lost]["outcome"] == "done" and done["summary"]["deleted"] == 3
    assert len(registry.manifests(WEB)) == 6
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"]
    assert all_whole(registry.address, WEB) == []
    assert not tidy(tmp_path, registry.address, **untagged)["changed"]
    assert json.loads(state_file(tmp_path).read_text())["repositories"][WEB]["leftovers"] == {}


def test_what_lost_its_tag_and_is_needed_stays(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "2.0.0")
    lost = content.multi_platform("1.0.0")
    tidy(tmp_path, registry.address, keep=[{"tags": "*"}])
    push(registry.address, WEB, content.multi_platform("rebuilt"), "1.0.0")
    push(registry.address, WEB, content.index([lost, content.simple("more")]), "all")
    done = tidy(tmp_path, registry.address, keep=[{"tags": "*"}])
    assert not done["changed"] and lost.digest not in by_name(done)
    # A digest that is protected is so without a tag, too.
    push(registry.address, WEB, content.multi_platform("again"), "all")
    assert not tidy(tmp_path, registry.address, keep=[{"tags": "*"}], protect=[lost.children[1].digest])["changed"]
    assert lost.digest in registry.manifests(WEB)


def test_the_memory_of_one_repository_outlives_runs_for_others(registry: OwnRegistry, tmp_path: Path) -> None:
    fill(registry, "1.0.0", "2.0.0")
    lay(registry, "shop/api", content.simple("api"), "1.0.0")
    tidy(tmp_path, registry.address, **WEEK)
    time_passes(tmp_path, 7 * DAY)
    tidy(tmp_path, registry.address, repositories=["shop/api"], keep=[{"tags": "*"}])
    done = tidy(tmp_path, registry.address, repositories=[WEB], **WEEK)
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"}
