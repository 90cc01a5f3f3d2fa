# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trap 16: what no registry serves may be the only copy; only the registry's own answer proves anything."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from archive import Image, Layer
from lab import load
from workbench import Workbench

REGISTRY = load()["registries"][0]["address"]
REACHED = [{"registry": REGISTRY, "insecure": True}]


@pytest.fixture
def pushed(bench: Workbench) -> Iterator[Workbench]:
    """app:1 was pushed; app:2 carries the registry's name and was not; local:1 was never meant for any."""
    own = bench.prefix
    bench.prefix = "%s/%s" % (REGISTRY, own)
    bench.load(*(Image([name], [Layer(own + name)]) for name in ("app:1", "app:2")))
    answer = bench.api.push(bench.name("app"), tag="1")
    assert "digest: sha256:" in answer, answer
    bench.tag("app:1", "app:also")
    yield bench
    bench.sweep()
    bench.prefix = own


def restorable(bench: Workbench, **options: Any) -> dict[str, Any]:
    return bench.clean(require_restorable=True, **options)


def test_only_what_the_registry_serves_goes(pushed: Workbench) -> None:
    result = restorable(pushed, registries=REACHED)
    assert pushed.actions(result) == {"app:1": "delete", "app:also": "delete", "app:2": "keep"}
    assert "not restorable" in pushed.rows(result)["app:2"]["reason"]
    assert pushed.names() == {"app:2"}
    # It comes back.
    pushed.api.pull(pushed.name("app"), tag="1")
    assert pushed.names() == {"app:1", "app:2"}


def test_a_registry_that_does_not_answer_keeps_everything(pushed: Workbench) -> None:
    # Asked over HTTPS, which this registry does not speak.
    result = restorable(pushed, registries=[{"registry": REGISTRY, "retries": 1, "timeout": 5}])
    assert set(pushed.actions(result).values()) == {"keep"}
    assert "not known to be restorable" in pushed.rows(result)["app:1"]["reason"]
    assert pushed.names() == {"app:1", "app:also", "app:2"}
