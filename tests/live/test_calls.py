# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run asks of an engine, counted request by request on the way."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest
from archive import Image, Layer
from proxy import Proxy, changed
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup import apply as apply_module

MANY = 60
GOING = 30
BASE = Layer("calls-base")
LISTS = {"GET /info": 1, "GET /images/json": 1, "GET /containers/json": 1}
DETAILS = ("GET /images/*/json", "GET /images/*/history")
NEVER = ("/images/prune", "/containers/prune", "/volumes", "/build/prune", "/networks", "/system/prune")


@pytest.fixture
def proxy(bench: Workbench, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(bench.docker_host, tmp_path / "proxy.sock") as found:
        yield found
    assert not [one for one in found.requests if one.path.startswith(NEVER)]
    assert {one.method for one in found.requests} <= {"GET", "DELETE"}
    assert all(dict(one.query) == {"noprune": "1"} for one in found.requests if one.method == "DELETE")


def load_many(bench: Workbench) -> set[str]:
    """60 images, half of them named `gone`; returns all ids."""
    names = ["gone:%d" % number if number < GOING else "stay:%d" % number for number in range(MANY)]
    bench.load(*(Image([name], [BASE, Layer("calls-" + name, 500)]) for name in names))
    return {bench.id_of(name) for name in names}


def asked_about(proxy: Proxy, ids: set[str]) -> dict[str, Counter[str]]:
    """Kind of question -> how often it was asked about each of our images. Nothing is ever asked twice about any image."""
    found = {}
    for kind in DETAILS:
        asked = Counter(request.path.split("/")[2] for request in proxy.of(kind))
        assert set(asked.values()) <= {1}
        found[kind] = Counter({image: count for image, count in asked.items() if image in ids})
    return found


def lists(proxy: Proxy) -> dict[str, int]:
    return {kind: count for kind, count in proxy.counts().items() if kind not in DETAILS}


def gone_only(bench: Workbench) -> list[dict[str, Any]]:
    return [{"name": "gone", "repositories": bench.prefix + "/gone"}]


def test_a_first_plan_asks_once_and_then_once_per_image(bench: Workbench, proxy: Proxy) -> None:
    ids = load_many(bench)
    result = bench.plan(docker_host=proxy.docker_host)
    assert len(bench.rows(result)) == MANY
    assert lists(proxy) == LISTS
    assert asked_about(proxy, ids) == {kind: Counter(ids) for kind in DETAILS}
    assert not (bench.folder / "state.json").exists()
    # A plan remembers nothing, so the next one asks the same.
    proxy.forget()
    bench.plan(docker_host=proxy.docker_host)
    assert lists(proxy) == LISTS
    assert asked_about(proxy, ids) == {kind: Counter(ids) for kind in DETAILS}


def test_a_plan_after_a_real_run_asks_about_no_image(bench: Workbench, proxy: Proxy) -> None:
    ids = load_many(bench)
    bench.clean(docker_host=proxy.docker_host, delete=[])
    assert lists(proxy) == LISTS
    # Runs within the same second of the engine's clock have no events between them to ask for.
    time.sleep(1.1)
    proxy.forget()
    bench.plan(docker_host=proxy.docker_host)
    # The events since the last run tell which images were used meanwhile.
    assert lists(proxy) == {**LISTS, "GET /events": 1}
    assert asked_about(proxy, ids) == {kind: Counter() for kind in DETAILS}
    # One image more costs its own two questions only.
    proxy.forget()
    bench.load(Image(["new:1"], [BASE, Layer("calls-new", 500)]))
    bench.plan(docker_host=proxy.docker_host)
    assert lists(proxy) == {**LISTS, "GET /events": 1}
    new = bench.id_of("new:1")
    assert asked_about(proxy, ids | {new}) == {kind: Counter([new]) for kind in DETAILS}


def test_a_run_checks_once_per_batch(bench: Workbench, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 deletions in batches of 8 are four batches: each lists the containers and reads the events once."""
    monkeypatch.setattr(apply_module, "BATCH", 8)
    ids = load_many(bench)
    mine = [text.encode() for text in (bench.prefix, *ids)]

    def only_mine(body: bytes) -> bytes:
        """Other tests may load images at the same time, and then the names are listed anew."""
        return b"".join(line + b"\n" for line in body.splitlines() if any(text in line for text in mine))

    proxy.hook = lambda method, path, query, nth: only_mine if path == "/events" else None
    result = bench.clean(docker_host=proxy.docker_host, delete=gone_only(bench))
    assert result["summary"]["deleted"] == GOING and result["summary"]["failed"] == 0
    assert lists(proxy) == {
        **LISTS,
        "GET /containers/json": 1 + 4,
        "GET /events": 4,
        "DELETE /images/*": GOING,
    }
    assert asked_about(proxy, ids) == {kind: Counter(ids) for kind in DETAILS}
    batches = [0]
    for request in proxy.requests:
        if request.kind == "GET /containers/json":
            batches.append(0)
        batches[-1] += request.method == "DELETE"
    assert batches == [0, 0, 8, 8, 8, 6]
    assert {name.partition(":")[0] for name in bench.names()} == {"stay"}
    # By name, each once.
    named = {request.path for request in proxy.of("DELETE /images/*")}
    assert {path.rpartition("/")[2] for path in named} == {"gone:%d" % number for number in range(GOING)}


def test_a_name_that_moved_costs_one_list_of_images(bench: Workbench, proxy: Proxy) -> None:
    """Only when the events tell of a load, pull or tag are the images listed again."""
    bench.load(*(Image(["app:%d" % number], [BASE, Layer("calls-%d" % number)]) for number in range(3)))

    def interfere(line: str) -> None:
        if line.startswith("deleting"):
            bench.tag("app:1", "app:0")

    result = bench._run(True, {"docker_host": proxy.docker_host}, interfere)
    assert {name: row["outcome"] for name, row in bench.rows(result).items()} == {
        "app:0": "refused",
        "app:1": "refused",
        "app:2": "done",
    }
    assert lists(proxy) == {
        "GET /info": 1,
        "GET /images/json": 2,
        "GET /containers/json": 2,
        "GET /events": 1,
        "DELETE /images/*": 1,
    }


def test_without_its_files_the_engine_is_asked_for_its_build_cache(bench: Workbench, proxy: Proxy) -> None:
    """A data directory that is not here, as in a container: one call tells whether there is build cache."""
    bench.load(Image(["app:1"], [BASE]))
    proxy.hook = lambda method, path, query, nth: changed(DockerRootDir="/nowhere/at/all") if path == "/info" else None
    bench.plan(docker_host=proxy.docker_host)
    assert lists(proxy) == {**LISTS, "GET /system/df": 1}
    typed = bench.engine["api_version"] != "1.41"
    assert dict(proxy.of("GET /system/df")[0].query) == ({"type": "build-cache"} if typed else {})


def test_nothing_to_delete_costs_no_check(bench: Workbench, proxy: Proxy) -> None:
    bench.load(Image(["app:1"], [BASE]))
    bench.clean(docker_host=proxy.docker_host, delete=gone_only(bench))
    assert lists(proxy) == LISTS


def test_a_brake_costs_no_deletion(bench: Workbench, proxy: Proxy) -> None:
    bench.load(Image(["gone:1"], [BASE]))
    (bench.folder / "hold").write_text("reason: release week\n")
    bench.clean(docker_host=proxy.docker_host, delete=gone_only(bench))
    assert lists(proxy) == LISTS


def test_the_list_of_images_is_never_filtered(bench: Workbench, proxy: Proxy) -> None:
    """A filter would hide the other names of an image, and intermediate images."""
    bench.load(Image(["gone:1"], [BASE]))
    bench.clean(docker_host=proxy.docker_host, delete=gone_only(bench))
    for request in proxy.of("GET /images/json"):
        assert request.query["all"] == "1" and "filters" not in request.query
    for request in proxy.of("GET /containers/json"):
        assert dict(request.query) == {"all": "1"}
