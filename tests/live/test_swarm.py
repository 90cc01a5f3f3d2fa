# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trap 8: between two tasks of a service nothing runs its image here, and a rollback needs the one before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import docker
import pytest
from archive import Image, Layer
from lab import Engine
from throwaway import throwaway, workbench
from workbench import Workbench

# A swarm makes bridges and addresses: they are to stay in a network namespace of the engine's own, where lo is not yet up.
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(params=["overlay2", "containerd"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    inside = Engine._inside
    alone = ["unshare", "--net", "--", sys.executable, "-c", _LOOPBACK_UP]
    monkeypatch.setattr(Engine, "_inside", lambda engine: [*alone, *inside(engine)])
    with throwaway(request.param) as engine:
        bench = workbench(engine, tmp_path)
        bench.api.init_swarm(advertise_addr="127.0.0.1", listen_addr="127.0.0.1")
        yield bench
        bench.api.leave_swarm(force=True)


def test_images_of_services_stay_the_one_before_as_well(manager: Workbench) -> None:
    manager.load(*(Image(["app:%d" % number], [Layer("swarm-%d" % number)]) for number in (1, 2, 3)))
    mode = docker.types.ServiceMode("replicated", replicas=0)

    def task(name: str) -> docker.types.TaskTemplate:
        return docker.types.TaskTemplate(docker.types.ContainerSpec(manager.name(name)))

    service = manager.api.create_service(task("app:1"), name="shop", mode=mode)["ID"]
    version = manager.api.inspect_service(service)["Version"]["Index"]
    manager.api.update_service(service, version, task("app:2"), name="shop", mode=mode)
    result = manager.clean()
    rows = manager.rows(result)
    assert manager.actions(result) == {"app:1": "keep", "app:2": "keep", "app:3": "delete"}
    assert rows["app:2"]["used_by"] == ["service shop"]
    assert "rollback" in rows["app:1"]["used_by"][0]
    assert result["swarm"]["manager"] and len(result["swarm"]["service_images"]) == 2
    misses = {miss["reference"] for miss in result["near_misses"]}
    assert {manager.name("app:1"), manager.name("app:2")} <= misses
    manager.api.remove_service(service)
    assert manager.actions(manager.clean()) == {"app:1": "delete", "app:2": "delete"}
