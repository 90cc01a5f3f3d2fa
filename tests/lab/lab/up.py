# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing an instance up: what is missing is started, in parallel, and what runs is left alone."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Collection

from . import emulation, inventory, newest_engine, workload
from .addresses import Block
from .carrier import Carrier
from .engine import Engine
from .errors import LabError
from .fleet import HOSTS, Fleet
from .notary import Notary
from .paths import Cache, Instance, cache
from .prepare import prepare, versions
from .registry import REGIONS, Registry
from .requirements import check
from .say import say
from .state import allocate_block, locked, write_json
from .tools import docker_cli, program, write_docker_config
from .unpacked import COSIGN_SUITES, unpacked

#: Parts in the order in which they build on each other.
PARTS = ("engines", "registries", "notary", "fleet", "workload")
_ENGINES = (("engine-20", "overlay2"), ("engine-26", "containerd"))


class Lab:
    """All pieces of one instance."""

    def __init__(self, instance: Instance, store: Cache, block: Block) -> None:
        self.instance = instance
        self.store = store
        self.block = block
        self.engines = [Engine(kind, instance.engine(name), store=store) for name, kind in _ENGINES]
        self.carrier = Carrier(instance, store)
        self.newest = newest_engine.NewestEngine(instance, self.carrier)
        self.fleet = Fleet(instance, self.carrier, block)
        self.notary = Notary(instance.root / "notary", block.notary(), store, instance.root)
        self.registries = [
            Registry(
                name, instance.root / "registries" / name, block.registry(n), block.registry_port, store, instance.root
            )
            for n, name in enumerate(REGIONS, 1)
        ]


def up(instance: Instance, parts: Collection[str] = PARTS) -> dict[str, Any]:
    """Bring the parts up and return the content of lab.json."""
    wanted = set(parts)
    unknown = wanted - set(PARTS)
    if unknown:
        raise LabError("unknown part %s: use %s" % (", ".join(sorted(unknown)), ", ".join(PARTS)))
    if "workload" in wanted:
        wanted |= {"registries", "fleet"}
    check()
    store = cache()
    with locked(instance, "up"):
        prepare(store)
        block = allocate_block(instance, len(HOSTS), len(REGIONS))
        write_docker_config(store, instance.docker_config)
        emulation.start(instance, store)
        lab = Lab(instance, store, block)
        say("instance %s uses 127.%d.0.0/16" % (instance.name, block.number))
        with ThreadPoolExecutor(8) as pool:
            _start(lab, wanted, pool)
        if "workload" in wanted:
            workload.ensure(lab)
        data = _describe(lab)
        write_json(instance.lab_file, data)
        (instance.root / "inventory.yml").write_text(inventory.to_yaml(inventory.inventory(data)))
        (instance.root / "integration_config.yml").write_text(inventory.to_yaml(inventory.variables(data)))
    say("lab %s is up: %s" % (instance.name, instance.lab_file))
    return data


def _start(lab: Lab, wanted: Collection[str], pool: ThreadPoolExecutor) -> None:
    jobs: list[Future[None]] = []

    def go(what: str, action: Callable[[], object]) -> None:
        jobs.append(pool.submit(_timed, what, action))

    if "registries" in wanted:
        for registry in lab.registries:
            go("registry %s (%s)" % (registry.name, registry.address), registry.start)
    if "notary" in wanted:
        go("notary server (%s)" % lab.notary.address, lab.notary.start)
    if wanted & {"engines", "fleet"}:
        _timed("carrier engine", lab.carrier.start)
    if "engines" in wanted:
        for engine in lab.engines:
            go(engine.folder.name, engine.start)
        go(newest_engine.NAME, lab.newest.start)
    if "fleet" in wanted:
        lab.fleet.prepare()
        for rootfs in sorted({kind.rootfs for kind in HOSTS}):
            _timed("image of %s" % rootfs, lambda name=rootfs: lab.carrier.ensure_image(name))
            for kind in HOSTS:
                if kind.rootfs == rootfs:
                    go(kind.name, lambda host=kind: lab.fleet.start(host))
    for job in jobs:
        job.result()


def _timed(what: str, action: Callable[[], object]) -> None:
    began = time.monotonic()
    action()
    say("ready: %s (%.1f s)" % (what, time.monotonic() - began))


def _describe(lab: Lab) -> dict[str, Any]:
    """lab.json: only what answers is in it."""
    running = [engine for engine in lab.engines if engine.pid]
    engines = [engine.describe(engine.folder.name) for engine in running]
    fleet_hosts: list[dict[str, Any]] = []
    carrier = None
    if lab.carrier.engine.pid:
        carrier = lab.carrier.engine.describe("carrier")
        if lab.carrier.running(newest_engine.NAME):
            engines.append(lab.newest.describe(newest_engine.NAME))
        fleet_hosts = [lab.fleet.describe(kind) for kind in HOSTS if lab.carrier.running(kind.name)]
    return {
        "schema": 1,
        "name": lab.instance.name,
        "root": str(lab.instance.root),
        "cache": str(lab.store.root),
        "block": lab.block.as_dict(),
        "engines": engines,
        "carrier": carrier,
        "registries": [registry.describe() for registry in lab.registries if registry.answers()],
        "notary": lab.notary.describe() if lab.notary.answers() else None,
        "hosts": fleet_hosts,
        "known_hosts": str(lab.fleet.known_hosts),
        "inventory": str(lab.instance.root / "inventory.yml"),
        "integration_config": str(lab.instance.root / "integration_config.yml"),
        "docker_cli": str(docker_cli(lab.store)),
        "docker_config": str(lab.instance.docker_config),
        "busybox": str(program(lab.store, "bookworm", "busybox")),
        "cosign": {
            version: str(
                unpacked(lab.store, "cosign", suite).write_script(lab.instance.root / "bin" / ("cosign-" + version))
            )
            for version, suite in COSIGN_SUITES.items()
        },
        # One file, that runs as it is on every host.
        "cosign_program": str(unpacked(lab.store, "cosign", "trixie").program("cosign")),
        "cli_plugins": str(lab.instance.docker_config / "cli-plugins"),
        "emulates": emulation.emulates(lab.instance),
        "versions": versions(lab.store),
    }
