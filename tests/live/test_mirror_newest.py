# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine 28.5 pulls any registry through mirrors that its certs.d names, without a reload."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
from lab import load
from lab.addresses import free_port
from mirror_bench import LABELS, configure, mirrors, pulled, serve
from own_registry import ADDRESS, OwnRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, StateError

(ENGINE,) = [engine for engine in load()["engines"] if "certs_d" in engine]
CERTS = Path(ENGINE["certs_d"])
REGISTRY = "registry.corp.test:5000"


class Newest:
    """The engine, and its certs.d, which is empty before and after."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.json"
        self.client = docker.APIClient(ENGINE["docker_host"], version="auto")

    def configure(self, apply: bool = True, **options: Any) -> dict[str, Any]:
        own = {"docker_host": ENGINE["docker_host"], "service": "", "certs_path": str(CERTS)}
        return configure(self._state, apply, **{**own, **options})

    def pull(self, name: str) -> str:
        repository, _colon, tag = name.rpartition(":")
        for line in self.client.pull(repository, tag, stream=True, decode=True):
            assert "error" not in line, line
        return str(self.client.inspect_image(name)["RepoDigests"][0]).partition("@")[2]

    def reloads(self, since: float) -> int:
        filters = {"type": "daemon", "event": "reload"}
        return len(list(self.client.events(since=since, until=time.time(), filters=filters, decode=True)))


@pytest.fixture
def newest(tmp_path: Path) -> Iterator[Newest]:
    found = Newest(tmp_path)
    yield found
    found.configure(state="absent")
    for image in found.client.images(filters={"label": LABELS}):
        found.client.remove_image(image["Id"], force=True)
    assert list(CERTS.iterdir()) == []


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "mirror") as registry:
        yield registry


def test_any_registry_is_pulled_through_its_mirror_without_a_reload(newest: Newest, mirror: OwnRegistry) -> None:
    digest, since = serve(mirror, "app/web", "1"), int(time.time())
    wanted = {"mirrors": mirrors(mirror.address, registry=REGISTRY, fallback=False)}
    done = newest.configure(**wanted)
    assert done["changed"] and done["applied"] == "none" and not done["restart_required"]
    (row,) = [row for row in done["files"] if row["action"] == "created"]
    assert row["path"] == str(CERTS / REGISTRY / "hosts.toml")
    mirror.mark()
    assert newest.pull(REGISTRY + "/app/web:1") == digest
    assert pulled(mirror)
    assert not newest.configure(**wanted)["changed"]
    assert newest.configure(state="absent")["changed"]
    assert list(CERTS.iterdir()) == []
    assert newest.reloads(since) == 0


def test_docker_hub_too_also_when_the_first_mirror_is_down(newest: Newest, mirror: OwnRegistry) -> None:
    digest = serve(mirror, "library/busybox", "t-mirror")
    dead = "%s:%d" % (ADDRESS, free_port(ADDRESS))
    entry = mirrors(dead, mirror.address)
    for endpoint in entry[0]["endpoints"]:
        endpoint["capabilities"] = ["pull", "resolve"]
    newest.configure(mirrors=entry, probe=False)
    mirror.mark()
    assert newest.pull("busybox:t-mirror") == digest
    assert pulled(mirror)


def test_an_empty_folder_that_would_hide_ours_is_the_one_that_is_used(newest: Newest, mirror: OwnRegistry) -> None:
    digest = serve(mirror, "app/web", "2")
    wanted = {"mirrors": mirrors(mirror.address, registry=REGISTRY, fallback=False)}
    newest.configure(**wanted)
    (CERTS / "registry.corp.test_5000_").mkdir()
    done = newest.configure(**wanted)
    assert sorted((row["path"], row["action"]) for row in done["files"] if row["action"] != "unchanged") == [
        (str(CERTS / REGISTRY / "hosts.toml"), "removed"),
        (str(CERTS / "registry.corp.test_5000_" / "hosts.toml"), "created"),
    ]
    assert newest.pull(REGISTRY + "/app/web:2") == digest
    assert not newest.configure(**wanted)["changed"]


def test_a_file_of_somebody_else_is_left_alone(newest: Newest, mirror: OwnRegistry) -> None:
    serve(mirror, "app/web", "1")
    theirs = CERTS / REGISTRY / "hosts.toml"
    theirs.parent.mkdir()
    theirs.write_text('server = "https://elsewhere.example.com"\n')
    try:
        with pytest.raises(StateError) as refused:
            newest.configure(mirrors=mirrors(mirror.address, registry=REGISTRY))
        assert str(theirs) in str(refused.value) and "left alone" in str(refused.value)
        newest.configure(state="absent")
        assert theirs.read_text() == 'server = "https://elsewhere.example.com"\n'
    finally:
        theirs.unlink()
        theirs.parent.rmdir()


def test_mirrors_in_daemon_json_that_the_engine_would_ignore_then(
    newest: Newest, mirror: OwnRegistry, tmp_path: Path
) -> None:
    serve(mirror, "library/busybox", "t-mirror")
    path = tmp_path / "daemon.json"
    path.write_text('{"registry-mirrors": ["https://theirs.example.com"]}')
    with pytest.raises(RefusedError) as refused:
        newest.configure(
            mirrors=mirrors(mirror.address, probe_image="library/busybox:t-mirror"),
            daemon_config_path=str(path),
            apply="none",
        )
    assert "https://theirs.example.com" in str(refused.value) and "ignore" in str(refused.value)


def test_a_folder_that_the_engine_does_not_read_is_refused(newest: Newest, mirror: OwnRegistry, tmp_path: Path) -> None:
    serve(mirror, "app/web", "1")
    (tmp_path / "certs.d").mkdir()
    with pytest.raises(RefusedError) as refused:
        newest.configure(mirrors=mirrors(mirror.address, registry=REGISTRY), certs_path=str(tmp_path / "certs.d"))
    assert "certs_path" in str(refused.value)


def test_a_mirror_with_a_path_before_the_repository(newest: Newest, mirror: OwnRegistry) -> None:
    """As projects of Harbor: /v2/hub/app/web answers for app/web."""
    digest = serve(mirror, "hub/app/web", "1")
    newest.configure(mirrors=mirrors(mirror.address + "/v2/hub", registry=REGISTRY, fallback=False))
    assert newest.pull(REGISTRY + "/app/web:1") == digest
