# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registries can do: found out without a trace, remembered for a day."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator, Mapping

import pytest
from faults import refuse
from lab.commands import wait_until
from own_registry import OwnRegistry
from registry_content import build_cache, multi_platform
from registry_pushing import push
from stand_in_registry import StandInRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._registry import capabilities
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import parse_survey_options
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.run import run_survey

APP = "team/app"
UNKNOWN = dict.fromkeys(("delete", "tag_delete", "referrers", "uploads", "mount", "single_post"))
REAL = {"delete": True, "tag_delete": False, "referrers": False, "uploads": True, "mount": True, "single_post": False}
ALL_OF_IT = dict.fromkeys(REAL, True)
NOTHING = {**dict.fromkeys(REAL, False)}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "own") as registry:
        push(registry.address, APP, multi_platform("able"), "1")
        yield registry


@pytest.fixture
def stand_in() -> Iterator[StandInRegistry]:
    with StandInRegistry() as registry:
        registry.content.put(APP, multi_platform("able"), "1")
        yield registry


def probe(address: str, **options: Any) -> Mapping[str, Any]:
    known = {"registry": address, "insecure": True, "probe": True, "repositories": APP, "retries": 0}
    return run_survey(parse_survey_options({**known, **options}))


def on_disk(own: OwnRegistry) -> object:
    return own.blobs(), own.tags(APP), own.manifests(APP), own.repositories()


def open_uploads(own: OwnRegistry) -> list[Path]:
    """What makes an upload. Of one that was cancelled 2.8 forgets to remove a folder with the state of a hash."""
    places = own.server.data.glob("docker/registry/v2/repositories/**/_uploads/*/*")
    return [place for place in places if place.name != "hashstates"]


@pytest.mark.parametrize("details", ["names", "digests", "all"])
def test_docker_registry(own: OwnRegistry, details: str) -> None:
    before = on_disk(own)
    found = probe(own.address, details=details)
    assert found["capabilities"] == {**REAL, "referrers": False if details == "all" else None}
    assert found["problems"] == []
    assert on_disk(own) == before and open_uploads(own) == []


def test_docker_registry_with_other_settings(own: OwnRegistry, tmp_path: Path) -> None:
    for settings, expected in (
        ({"delete_enabled": False}, {**REAL, "delete": False}),
        ({"delete_enabled": True, "read_only": True}, NOTHING),
    ):
        own.restart(**settings)
        before = on_disk(own)
        assert probe(own.address)["capabilities"] == expected
        assert on_disk(own) == before and open_uploads(own) == []
    with OwnRegistry(tmp_path / "through", cache_of="http://" + own.address) as through:
        assert probe(through.address)["capabilities"] == NOTHING
        # A cache writes down what it served, as an upload to itself, a moment after it did.
        wait_until("an upload to the cache is open", lambda: open_uploads(through) == [])
        assert open_uploads(own) == []


def test_a_registry_that_can_do_everything(stand_in: StandInRegistry) -> None:
    there = stand_in.content.repositories[APP]
    before = dict(there.tags), dict(there.manifests), set(there.blobs), dict(stand_in.content.blobs)
    assert probe(stand_in.address)["capabilities"] == ALL_OF_IT
    assert before == (dict(there.tags), dict(there.manifests), set(there.blobs), dict(stand_in.content.blobs))
    assert list(stand_in.content.repositories) == [APP] and stand_in._uploads == {}


@pytest.mark.parametrize("habit", ["delete_enabled", "tag_delete", "referrers_api", "mount", "single_post"])
def test_each_for_itself(stand_in: StandInRegistry, habit: str) -> None:
    setattr(stand_in.habits, habit, False)
    missing = {"delete_enabled": ("delete", "tag_delete"), "referrers_api": ("referrers",)}.get(habit, (habit,))
    assert probe(stand_in.address)["capabilities"] == {**ALL_OF_IT, **dict.fromkeys(missing, False)}
    assert stand_in._uploads == {}


def test_it_is_remembered_for_a_day(
    own: OwnRegistry, stand_in: StandInRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for server, expected in ((own, REAL), (stand_in, ALL_OF_IT)):
        options = {"cache_dir": str(tmp_path / "cache"), "details": "digests"}
        probe(server.address, **{**options, "details": "all"})
        server.mark()
        again = probe(server.address, **options)
        assert again["capabilities"] == expected and again["requests"] == len(server.requests()) == 2
        # By those who do not ask for it too.
        assert probe(server.address, **options, probe=False)["capabilities"] == expected

        server.mark()
        later = SimpleNamespace(time=lambda: time.time() + 86401)
        monkeypatch.setattr(capabilities, "time", later)
        again = probe(server.address, **options)
        assert again["capabilities"] == {**expected, "referrers": None}  # nobody asked for those
        assert {"POST", "DELETE"} <= {one.method for one in server.requests()}
        monkeypatch.undo()


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_try_does_not_know(stand_in: StandInRegistry, tmp_path: Path, status: int) -> None:
    stand_in.faults.add(refuse(status, "DENIED"), "DELETE|POST")
    stand_in.faults.add(refuse(status, "DENIED"), path="/referrers/")
    for _time in range(2):  # it is not remembered either
        stand_in.mark()
        found = probe(stand_in.address, cache_dir=str(tmp_path))
        assert found["capabilities"] == UNKNOWN and found["problems"] == []
        assert [one.method for one in stand_in.requests() if one.method in ("DELETE", "POST")] == ["DELETE", "POST"]


def test_without_an_image_nothing_is_tried(stand_in: StandInRegistry) -> None:
    stand_in.content.put("team/empty", build_cache("x"), "1")
    found = probe(stand_in.address, repositories="team/empty")
    assert found["capabilities"] == {**UNKNOWN, "delete": True, "tag_delete": True, "referrers": True}
    assert probe(stand_in.address, repositories="team/none")["capabilities"] == UNKNOWN
    stand_in.mark()
    assert probe(stand_in.address, tags="none")["capabilities"] == UNKNOWN
    assert len(stand_in.requests()) == 1


def test_one_repository_is_enough(stand_in: StandInRegistry) -> None:
    stand_in.content.put("team/other", multi_platform("other"), "1")
    assert probe(stand_in.address, repositories=["team/app", "team/other"])["capabilities"] == ALL_OF_IT
    methods = [one.method for one in stand_in.requests()]
    assert methods.count("DELETE") == 2 and methods.count("POST") == 2
