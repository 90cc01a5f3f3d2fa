# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random graphs of images on engines of their own: what was planned is what goes, to the byte, and nothing else goes.

IMAGEFLEET_GRAPHS says how many graphs (100); IMAGEFLEET_FRESH_SEED repeats the one that was drawn anew.
"""

from __future__ import annotations

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

import pytest
from archive import archive
from lab import Engine
from pushing import REGISTRY, push, remove
from random_graphs import DELETE, KEEP, Drawn, Graph, draw, expected
from throwaway import not_yet_started
from timeless import timeless
from workbench import Workbench

COUNT = int(os.environ.get("IMAGEFLEET_GRAPHS") or 100)
FRESH = int(os.environ.get("IMAGEFLEET_FRESH_SEED") or random.SystemRandom().randrange(10**6, 10**9))
FEWER = [*range(1, max(COUNT // 5, 1) + 1), FRESH]
SEEDS = {"overlay2": [*range(1, COUNT + 1), FRESH], "containerd": FEWER, "newest": FEWER}
CASES = [(kind, seed) for kind, seeds in SEEDS.items() for seed in seeds]


class Loaded:
    """A private engine with all graphs of its kind, each made as drawn: loaded, pulled, in use, and then renamed."""

    def __init__(self, kind: str, seeds: Sequence[int], folder: Path) -> None:
        self.graphs = {seed: draw(seed, REGISTRY) for seed in seeds}
        self.engine = not_yet_started(kind)
        self._folder = folder
        self._ids: dict[str, str] = {}
        self._containers: dict[str, list[tuple[str, str]]] = {}
        self.verdicts: dict[int, dict[str, str]] = {}
        self.ready = False

    def start(self) -> None:
        """In memory where it can be: loading hundreds of images on a disk mostly waits for it."""
        if isinstance(self.engine, Engine):  # the carrier of the newest engine does not see new mounts
            folder = self.engine.folder
            folder.mkdir(parents=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g,mode=700", "lab", str(folder)], check=True)
        self.engine.start()
        self.bench = Workbench(self.engine.describe("graphs"), self._folder, "rg-none")
        self._load()
        self._in_parallel(self._run)
        self._in_parallel(self._move)
        # From now on the state knows all images, so that no run asks about each of them again.
        self.bench.clean(delete=[])
        self.ready = True

    def _load(self) -> None:
        images = [one for graph in self.graphs.values() for one in graph.images]
        for line in self.bench.api.load_image(archive([one.image for one in images if one.loaded])):
            assert "error" not in line, line
        for one in images:
            if one.pin_repository:
                pin = push(one.pin_repository, one.image)
                self.bench.api.pull(one.pin_repository, tag=pin.partition("@")[2])
        known = {}
        for entry in self.bench.api.images():
            for name in [*(entry["RepoTags"] or []), *(entry["RepoDigests"] or [])]:
                known[name] = entry["Id"]
        self._ids = {one.prefix + one.key: known[one.loaded[0] if one.loaded else str(one.pin)] for one in images}
        assert len(set(self._ids.values())) == len(images)

    def _in_parallel(self, work: Callable[[Graph], None]) -> None:
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(work, self.graphs.values()))

    def _run(self, graph: Graph) -> None:
        bench = self.bench_of(graph)
        self._containers[graph.prefix] = [
            (bench.container(self.id_of(one), state), state) for one in graph.images for state in one.states
        ]

    def _move(self, graph: Graph) -> None:
        for source, target in graph.moves:
            repository, _colon, tag = target.rpartition(":")
            assert self.bench.api.tag(source, repository, tag)

    def bench_of(self, graph: Graph) -> Workbench:
        """The workbench of one graph; all graphs of an engine share its state."""
        return Workbench(self.bench.engine, self._folder, graph.prefix)

    def id_of(self, one: Drawn) -> str:
        return self._ids[one.prefix + one.key]

    def names(self, graph: Graph) -> set[str]:
        """The names of a graph that the engine has, and the keys of those of its images that have none."""
        keys = {self.id_of(one): one.key for one in graph.images}
        found: set[str] = set()
        for entry in self.bench.api.images(all=True):
            if entry["Id"] in keys:
                names = {name for name in entry["RepoTags"] or [] if "<none>" not in name}
                names |= {name for name in entry["RepoDigests"] or [] if "/pin@" in name}
                found |= names or {keys[entry["Id"]]}
        return found

    def actions(self, graph: Graph, result: Mapping[str, Any]) -> dict[str, str]:
        """Name (key of an image without one) -> action."""
        keys = {self.id_of(one): one.key for one in graph.images}
        return {row["reference"] or keys[row["id"]]: row["action"] for row in result["plan"] if row["id"] in keys}

    def plan(self, graph: Graph) -> dict[str, Any]:
        result = self.bench_of(graph).plan(**graph.policy)
        self.verdicts.setdefault(graph.seed, self.actions(graph, result))
        return result

    def check_containers(self, graph: Graph) -> None:
        """Every container of the graph still is what it was, and starts."""
        for container, state in self._containers[graph.prefix]:
            found = self.bench.api.inspect_container(container)
            assert found["State"]["Status"] == state
            if state == "paused":
                self.bench.api.unpause(container)
            self.bench.api.restart(container, timeout=0)
            if state == "exited":
                assert self.bench.api.wait(container)["StatusCode"] == 0
            else:
                assert self.bench.api.inspect_container(container)["State"]["Running"]
                self.bench.api.kill(container)

    def destroy(self) -> None:
        """What is frozen does not even die, so nothing may be paused."""
        if self._containers:
            for paused in self.bench.api.containers(filters={"status": "paused"}):
                self.bench.api.unpause(paused["Id"])
        self.engine.destroy()
        for graph in self.graphs.values():
            for one in graph.images:
                if one.pin:
                    remove(one.pin)


# Helpers -----------------------------------------------------------------------------------------------------------


def comparable(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows but for what became of them and for what passing time alone changes."""
    passing = ("outcome", "last_used", "reason")
    rows = [{key: value for key, value in row.items() if key not in passing} for row in result["plan"]]
    return [{**row, "reason": timeless(told["reason"])} for row, told in zip(rows, result["plan"])]


# Tests -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engines(tmp_path_factory: Any, request: Any) -> Iterator[Callable[[str], Loaded]]:
    """Kind -> its engine, started when it is first asked for."""
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("\nfresh seed: IMAGEFLEET_FRESH_SEED=%d" % FRESH)
    made: dict[str, Loaded] = {}

    def engine(kind: str) -> Loaded:
        if kind not in made:
            made[kind] = Loaded(kind, SEEDS[kind], tmp_path_factory.mktemp(kind))
            made[kind].start()
        assert made[kind].ready, "the %s engine could not be prepared" % kind
        return made[kind]

    try:
        yield engine
    finally:
        for loaded in made.values():
            loaded.destroy()


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_what_goes_is_what_was_planned(engines: Callable[[str], Loaded], kind: str, seed: int) -> None:
    loaded = engines(kind)
    graph = loaded.graphs[seed]
    bench = loaded.bench_of(graph)
    wanted = expected(graph)
    assert loaded.names(graph) == set(wanted)

    planned = loaded.plan(graph)
    assert loaded.actions(graph, planned) == wanted
    loaded.bench.settle()
    before = loaded.bench.store_bytes()
    applied = bench.clean(**graph.policy)
    check_applied(planned, applied)
    check_bytes(loaded, before, applied["summary"])
    assert loaded.names(graph) == {name for name, action in wanted.items() if action == KEEP}
    loaded.check_containers(graph)

    again = bench.clean(**graph.policy)
    assert not again["changed"]
    assert again["summary"]["to_delete"] == again["summary"]["reclaimable_bytes_max"] == 0


def check_applied(planned: Mapping[str, Any], applied: Mapping[str, Any]) -> None:
    """The plan in check mode and the one that was carried out are the same."""
    assert planned["plan_digest"] == applied["plan_digest"]
    assert comparable(planned) == comparable(applied)
    deleted = [row for row in applied["plan"] if row["action"] == DELETE]
    assert all(row["outcome"] == "done" for row in deleted)
    assert planned["changed"] == applied["changed"] == bool(deleted)


def check_bytes(loaded: Loaded, before: int, summary: Mapping[str, Any]) -> None:
    """What the engine really freed is what the plan said."""
    low, high = summary["reclaimable_bytes"], summary["reclaimable_bytes_max"]
    if loaded.bench.kind == "overlay2":
        assert before - loaded.bench.store_bytes() == low == high == summary["reclaimed_bytes"]
        return
    loaded.bench.settle()
    assert low <= before - loaded.bench.store_bytes() <= high
    assert summary["reclaimed_bytes"] == low


@pytest.mark.parametrize("seed", FEWER)
def test_all_engines_give_the_same_verdicts(engines: Callable[[str], Loaded], seed: int) -> None:
    """Verdicts are those of the first plan, from before anything of the graph went."""
    found = []
    for kind in SEEDS:
        loaded = engines(kind)
        if seed not in loaded.verdicts:
            loaded.plan(loaded.graphs[seed])
        found.append(loaded.verdicts[seed])
    assert found == [found[0]] * len(SEEDS)
