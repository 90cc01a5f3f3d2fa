# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that several files use: a test on engines runs on each of the lab, with a prefix of its own, and leaves nothing there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
from lab import load
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_host import RegistryHost
from stand_in_registry import StandInRegistry
from workbench import Workbench

LAB = load()
#: Fixtures that hand out what the lab has only once.
SHARED = {"bench", "host"}
ENGINES = {engine["name"]: engine for engine in LAB["engines"]}


def pytest_generate_tests(metafunc: Any) -> None:
    """`bench` runs on every engine; a test marked `engines("overlay2")` on those of that kind or name only."""
    if "bench" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        wanted = set(marker.args) if marker else None
        names = [name for name, one in ENGINES.items() if wanted is None or {name, one["kind"]} & wanted]
        metafunc.parametrize("engine_name", names, scope="function")


def pytest_configure(config: Any) -> None:
    # All servers are on this machine, whatever proxy is between it and the rest of the world.
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    config.addinivalue_line("markers", "engines(*names): run on these engines or kinds of engines only")
    config.addinivalue_line("markers", "registries: needs nothing that other tests use, so it may run beside them")


def pytest_addoption(parser: Any) -> None:
    parser.addoption("--share", default="1/1", help="which share of the files that use the lab, 1/2 or 2/2")


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Tests that bring registries of their own, and use no engine and no host, are a layer of their own."""
    for item in items:
        alone = item.path.name.startswith(
            (
                "test_registry_",
                "test_retention",
                "test_random_registries",
                "test_foreign_layers",
                "test_tag_convention",
                "test_scan_scheduled",
            )
        )
        if alone and not SHARED & set(item.fixturenames):
            item.add_marker("registries")
    number, shares = map(int, config.getoption("share").split("/"))
    lab_files = sorted({item.path for item in items if not item.get_closest_marker("registries")})
    elsewhere = set(lab_files) - set(lab_files[number - 1 :: shares])
    config.hook.pytest_deselected(items=[item for item in items if item.path in elsewhere])
    items[:] = [item for item in items if item.path not in elsewhere]


@pytest.fixture
def bench(engine_name: str, request: Any, tmp_path: Path) -> Iterator[Workbench]:
    prefix = "t-" + re.sub(r"[^a-z0-9]+", "-", request.node.originalname.lower()).strip("-")[:60]
    found = Workbench(ENGINES[engine_name], tmp_path, prefix)
    found.sweep()
    yield found
    found.sweep()


@pytest.fixture(scope="session")
def lab() -> dict[str, Any]:
    return LAB


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "own") as registry:
        yield registry


@pytest.fixture
def stand_in() -> Iterator[StandInRegistry]:
    with StandInRegistry() as registry:
        yield registry


@pytest.fixture
def proxy(registry: OwnRegistry) -> Iterator[MeddlingProxy]:
    """On the way to the registry that the file brings."""
    with MeddlingProxy(registry.address) as found:
        yield found


@pytest.fixture(scope="module")
def registry_machine() -> Iterator[RegistryHost]:
    """A host of the lab with a registry as a systemd service; the tests of a file share it."""
    with RegistryHost() as found:
        yield found


@pytest.fixture
def host(registry_machine: RegistryHost) -> RegistryHost:
    """The same, without any content."""
    registry_machine.empty()
    return registry_machine
