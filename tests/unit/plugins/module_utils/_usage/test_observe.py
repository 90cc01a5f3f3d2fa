# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The observation of one engine, from facts: what is in it, what is never in it, and that the ledger understands it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import Observation, read_observations
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import ContainerFacts, ServiceFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import EngineState
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import tell_usage
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import APP, NOW, host, image

A, B, GONE, INDEX, CHILD = ("sha256:" + letter * 64 for letter in "abcde")
IMAGE = image("a" * 64, APP + ":1", digests=(APP + "@" + INDEX,), members=(CHILD,), labels={"token": "hunter2"})


def container(name, image_id, **more):
    return ContainerFacts(name, name, image_id, **{"state": "running", **more})


def look(*images, clock=None, **more):
    """A look that asked for the clock just now."""
    facts = host(*images, **more)
    engine = replace(facts.engine, clock=time.time() if clock is None else clock)
    return Look(replace(facts, engine=engine), EngineState(), time.monotonic())


def test_an_image_with_all_that_means_it_and_uses_it():
    usage = tell_usage(look(replace(IMAGE, last_used=NOW - 60), containers=[container("web", A), container("job", A)]))
    assert usage["images"] == [
        {
            "id": A,
            "references": [APP + ":1"],
            "repo_digests": [APP + "@" + INDEX],
            "digests": [A, INDEX, CHILD],
            "used_by": ["container web (running)", "container job (running)"],
            "last_used": "2023-11-14T22:12:20Z",
        }
    ]
    assert usage["containers_without_image"] == []
    assert (usage["schema"], usage["engine_id"], usage["engine_name"]) == (1, "engine", "host")
    assert usage["observed"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("used", "wanted"),
    [
        ([container("old", GONE, state="exited", image=GONE)], [("old", GONE, [GONE], [])]),
        ([container("web", A, manifest=B)], [("web", A, [B], [])]),
        ([container("web", A, manifest=CHILD)], []),
        ([container("web", A, mounts=("team/data:1", B))], [("web", A, [B], ["team/data:1"])]),
        ([container("web", A, mounts=("/var/lib/docker/x", APP + ":1"))], []),
        ([container("b", GONE), container("a", GONE)], [("a", GONE, [GONE], []), ("b", GONE, [GONE], [])]),
    ],
)
def test_containers_whose_image_is_gone(used, wanted):
    told = tell_usage(look(IMAGE, containers=used))["containers_without_image"]
    assert [(one["container"], one["image"], one["digests"], one["references"]) for one in told] == wanted


def test_services_and_what_was_released():
    seen = look(services=(ServiceFacts("shop", "team/app:2", "team/app:1"), ServiceFacts("x", "team/app:2")))
    seen = replace(seen, state=EngineState(released={B: NOW - 60, A: NOW}))
    usage = tell_usage(seen)
    assert usage["service_images"] == ["team/app:1", "team/app:2"]
    assert usage["released"] == [
        {"digest": A, "at": "2023-11-14T22:13:20Z"},
        {"digest": B, "at": "2023-11-14T22:12:20Z"},
    ]


@pytest.mark.parametrize("ahead", [0, 3600, -7200])
def test_how_far_the_clocks_are_apart(ahead):
    assert abs(tell_usage(look(clock=time.time() + ahead))["clock_offset_seconds"] - ahead) < 5


def test_labels_are_never_told_and_the_ledger_understands_the_rest():
    seen = look(IMAGE, containers=[container("web", A), container("old", GONE)])
    usage = json.loads(json.dumps(tell_usage(seen)))
    assert "hunter2" not in str(usage)
    (told,) = read_observations({"web-1": {"usage": usage}}, NOW)
    assert isinstance(told, Observation), told
    assert told.used == dict.fromkeys([A, INDEX, CHILD, GONE], NOW)
