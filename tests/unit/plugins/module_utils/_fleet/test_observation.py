# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations in every shape that a play may hand over, and what does not count as an answer."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Unmapped
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.observation import (
    Observation,
    Silence,
    read_observations,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    UNREACHABLE,
    digest,
    image,
    usage,
)

SEEN = usage("app")
REGISTERED = {"changed": False, "failed": False, "usage": SEEN}


def one(value):
    (told,) = read_observations(value, NOW)
    return told


@pytest.mark.parametrize(
    "value",
    [
        {"web-1": SEEN},
        {"web-1": REGISTERED},
        {"web-1": {"results": [REGISTERED], "changed": False}},
        {"web-1": [REGISTERED]},
        [{"host": "web-1", "usage": SEEN}],
        [{"host": "web-1", "usage": REGISTERED}],
        [{"inventory_hostname": "web-1", "usage": SEEN}],
        [{"inventory_hostname": "web-1", **REGISTERED}],
        [{"host": "web-1", "usage": {"results": [REGISTERED]}}],
        [{"host": "web-1", "usage": [SEEN]}],
        ({"host": "web-1", "usage": SEEN},),
        {"host": "web-1", "usage": SEEN},
    ],
)
def test_every_shape_of_the_same_observation(value):
    told = one(value)
    assert isinstance(told, Observation)
    assert (told.host, told.engine, told.observed, told.images) == ("web-1", "engine", NOW, 1)
    assert dict(told.used) == {digest("app"): NOW, digest("index app"): NOW}


@pytest.mark.parametrize("value", [None, "", [], {}, ()])
def test_nothing_told(value):
    assert read_observations(value, NOW) == ()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("web-1", "observations: str is neither a list"),
        (7, "observations: int is neither a list"),
        ([SEEN], r"observations\[0\]: it names no host"),
        (["web-1"], r"observations\[0\]: it names no host"),
        ([{"host": "", "usage": SEEN}], r"observations\[0\]: it names no host"),
    ],
)
def test_input_that_is_refused(value, says):
    with pytest.raises(PolicyError, match=says):
        read_observations(value, NOW)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (UNREACHABLE, "unreachable (ssh: connection refused)"),
        (
            {"failed": True, "msg": "No answer from the Docker Engine\nTraceback"},
            "failed there (No answer from the Docker Engine)",
        ),
        ({"failed": True, "usage": SEEN}, "failed there"),
        ({"skipped": True}, "skipped"),
        ({"changed": False}, "no usage"),
        ({"usage": None}, "no usage"),
        ({"usage": {}}, "no usage"),
        ({"usage": "text"}, "no usage"),
        ("text", "no usage"),
        (None, "no usage"),
        ([], "no usage"),
        ({"results": []}, "no usage"),
        ({**SEEN, "schema": 2}, "schema is 2"),
        ({key: SEEN[key] for key in SEEN if key != "schema"}, "schema is None"),
        ({**SEEN, "engine_id": ""}, "engine_id '' is no engine ID"),
        ({**SEEN, "observed": "yesterday"}, "malformed"),
        ({**SEEN, "observed": NOW}, "malformed"),
        ({key: SEEN[key] for key in SEEN if key != "images"}, "it has no 'images'"),
        ({**SEEN, "images": "app"}, "images is no list"),
        ({**SEEN, "images": ["app"]}, "images has an entry that is no mapping"),
        ({**SEEN, "images": [{"id": digest("a")}]}, "it has no 'digests'"),
        ({**SEEN, "images": [{**image("a"), "used_by": "web"}]}, "used_by is no list"),
        ({**SEEN, "images": [{**image("a"), "last_used": "soon"}]}, "malformed"),
        ({**SEEN, "released": [{"digest": "app", "at": iso(NOW)}]}, "is no digest"),
        ({**SEEN, "service_images": "nginx"}, "service_images is no list"),
        ({**SEEN, "clock_offset_seconds": "none"}, "clock_offset_seconds 'none' is no number"),
        ({**SEEN, "clock_offset_seconds": 301}, "differ by 5m"),
        ({**SEEN, "clock_offset_seconds": -7200.0}, "differ by 2h"),
        ({**SEEN, "clock_offset_seconds": float("nan")}, "differ by nan"),
        ({**SEEN, "clock_offset_seconds": float("inf")}, "differ by inf"),
        (usage("app", at=NOW + 6 * MINUTE), "6m ahead"),
        (usage("app", at=NOW - 27 * HOUR), "27h old, more than 26h"),
    ],
)
def test_what_is_no_answer(told, why):
    silence = one({"web-1": told})
    assert isinstance(silence, Silence)
    assert silence.host == "web-1"
    assert why in silence.why


@pytest.mark.parametrize(
    "told",
    [
        usage("app", at=NOW + 4 * MINUTE),
        usage("app", at=NOW - 26 * HOUR),
        {**SEEN, "clock_offset_seconds": -299.9},
        {**SEEN, "clock_offset_seconds": None},
    ],
)
def test_small_differences_of_clocks_are_none(told):
    assert isinstance(one({"web-1": told}), Observation)


def test_several_engines_of_a_host_each_count():
    told = read_observations(
        {"web-1": {"results": [{"usage": usage(engine="a")}, UNREACHABLE, {"usage": usage(engine="b")}]}}, NOW
    )
    assert [type(entry).__name__ for entry in told] == ["Observation", "Silence", "Observation"]
    assert {entry.host for entry in told} == {"web-1"}


def test_use_is_now_for_containers_of_any_state_and_else_what_was_sampled():
    told = one(
        {
            "web-1": usage(
                image("stopped", ["container old (exited)"], last_used=NOW - 90 * DAY),
                image("idle", last_used=NOW - 3 * DAY),
                image("future", last_used=NOW + DAY),
                image("never"),
            )
        }
    )
    assert told.used == {
        digest("stopped"): NOW,
        digest("index stopped"): NOW,
        digest("idle"): NOW - 3 * DAY,
        digest("index idle"): NOW - 3 * DAY,
        digest("future"): NOW,
        digest("index future"): NOW,
    }
    assert told.images == 4


def test_a_container_without_its_image_uses_it_and_nothing_maps_it():
    gone = {
        "container": "web",
        "state": "exited",
        "image": digest("gone"),
        "digests": [digest("gone"), digest("child")],
    }
    mounted = {"container": "job", "image": digest("here"), "digests": [], "references": ["team/data:2"]}
    told = one({"web-1": usage(containers_without_image=[gone, mounted])})
    assert told.used == {digest("gone"): NOW, digest("child"): NOW, digest("here"): NOW}
    assert told.references == ("docker.io/team/data:2",)
    assert told.unmapped == (
        Unmapped(digest("gone")),
        Unmapped(digest("here"), ("docker.io/team/data:2",)),
    )


def test_service_images_count_by_name_and_by_digest():
    pin = digest("service")
    told = one({"m": usage(service_images=["registry.example.com/shop/web:2@" + pin, "nginx", "Not A Name"])})
    assert told.references == (
        "docker.io/library/nginx:latest",
        "registry.example.com/shop/web:2",
        "registry.example.com/shop/web@" + pin,
    )
    assert told.used == {pin: NOW}


def test_released_digests_keep_their_time():
    told = one(
        {
            "web-1": usage(
                released=[
                    {"digest": digest("a"), "at": iso(NOW - DAY)},
                    {"digest": digest("a"), "at": iso(NOW - 2 * DAY)},
                    {"digest": digest("b"), "at": iso(NOW + DAY)},
                ]
            )
        }
    )
    assert told.released == {digest("a"): NOW - DAY, digest("b"): NOW}


def test_only_what_is_in_use_and_has_no_registry_digest_is_unmapped():
    told = one(
        {
            "web-1": usage(
                image("built", ["container c (running)"], repo_digests=[]),
                image("unused", repo_digests=[]),
                "pulled",
            )
        }
    )
    assert told.unmapped == (Unmapped(digest("built"), ("registry.example.com/built:1",)),)
