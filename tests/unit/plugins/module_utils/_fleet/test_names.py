# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What images in use are called is remembered, and changes nothing of what is protected."""

from __future__ import annotations

import json
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.document import from_document, to_document
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import (
    in_use,
    ledger_problem,
    protections,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import (
    DAY,
    HOUR,
    NOW,
    UNREACHABLE,
    digest,
    image,
    ledger_of,
    run,
    usage,
)

RUNS = ["container c (running)"]


def pulled(name):
    return "registry.example.com/%s@%s" % (name, digest("index " + name))


def test_every_digest_of_an_image_leads_to_what_it_can_be_pulled_by():
    ledger = ledger_of({"a": usage("app")})
    names = ("registry.example.com/app:1", pulled("app"))
    assert ledger.names == {digest("app"): names, digest("index app"): names}


def test_the_stores_of_two_hosts_name_one_image():
    # The graph driver knows it by its configuration, the containerd store by index, manifest and configuration.
    graph = image("app", RUNS)
    content = image("app", RUNS, id=digest("index app"), digests=[digest(one) for one in ("index app", "child", "app")])
    ledger = ledger_of({"a": usage(graph), "b": usage(content)})
    assert {pulled("app")} == {name for names in ledger.names.values() for name in names if "@" in name}
    assert set(ledger.names) == {digest("app"), digest("index app"), digest("child")}


def test_what_no_registry_has_is_known_by_its_id():
    ledger = ledger_of({"a": usage(image("made", RUNS, repo_digests=[], digests=[digest("made"), digest("child")]))})
    names = ("registry.example.com/made:1", digest("made"))
    assert ledger.names == {digest("made"): names, digest("child"): names}


def test_what_containers_and_services_ask_for_names_digests_too():
    container = {"image": digest("gone"), "reference": "team/app:2", "digests": [digest("gone")], "references": []}
    pinned = "registry.example.com/pin:1@" + digest("pin")
    ledger = ledger_of({"a": usage(containers_without_image=[container], service_images=[pinned])})
    assert ledger.names == {
        digest("gone"): ("docker.io/team/app:2", digest("gone")),
        digest("pin"): ("registry.example.com/pin@" + digest("pin"),),
    }


def test_only_images_in_use_are_named():
    ledger = ledger_of({"a": usage(image("idle"), image("app", RUNS))})
    assert set(ledger.names) == {digest("app"), digest("index app")}


def test_tags_are_those_that_were_told_last_and_silent_hosts_keep_theirs():
    ledger = ledger_of({"a": usage("app"), "b": usage("other")})
    later = NOW + HOUR
    moved = usage(image("app", RUNS, references=["registry.example.com/app:2"]), at=later)
    ledger = run(ledger, {"a": moved, "b": UNREACHABLE}, ["a", "b"], later).ledger
    assert ledger.names[digest("app")] == ("registry.example.com/app:2", pulled("app"))
    assert ledger.names[digest("other")] == ("registry.example.com/other:1", pulled("other"))


def test_names_go_with_their_digests():
    ledger = ledger_of({"a": usage("app", "other")})
    later = NOW + 31 * DAY
    ledger = run(ledger, {"a": usage("other", at=later)}, ["a"], later).ledger
    assert set(ledger.names) == {digest("other"), digest("index other")}


def test_in_use_is_what_hosts_used_when_they_last_answered():
    ledger = ledger_of({"a": usage("app", image("old", last_used=NOW - HOUR)), "b": usage("app")})
    later = NOW + 3 * DAY
    ledger = run(ledger, {"a": UNREACHABLE, "b": usage("new", at=later)}, ["a", "b"], later).ledger
    assert in_use(ledger) == {
        digest("app"): ("a",),
        digest("index app"): ("a",),
        digest("new"): ("b",),
        digest("index new"): ("b",),
    }
    assert digest("old") in protections(ledger, later).digests


# A ledger of an older release ---------------------------------------------------------------------------------------


def as_written_before(ledger):
    """The same ledger as a release wrote it that remembered no names."""
    document = json.loads(json.dumps(to_document(ledger)))
    del document["names"]
    return from_document(document)


def test_a_ledger_without_names_is_read_and_learns_them():
    ledger = ledger_of({"a": usage("app"), "b": usage("other")})
    old = as_written_before(ledger)
    assert old == replace(ledger, names={})
    later = NOW + HOUR
    again = run(old, {"a": usage("app", at=later), "b": UNREACHABLE}, ["a", "b"], later).ledger
    assert set(again.names) == {digest("app"), digest("index app")}


HOSTS = ("a", "b", "c")
told_names = st.sampled_from(
    ["registry.example.com/x:1", "registry.example.com/y:2", "not a name", "team/x@" + digest("x")]
)
images = st.builds(
    lambda name, used, references, pulls: image(name, used, references=references, repo_digests=pulls),
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from([[], RUNS]),
    st.lists(told_names, max_size=2),
    st.lists(st.sampled_from([pulled("x"), pulled("y"), "mirror.example.com/x@" + digest("index x")]), max_size=2),
)
steps = st.lists(
    st.tuples(st.integers(1, 3 * DAY), st.dictionaries(st.sampled_from(HOSTS), st.lists(images, max_size=3))),
    min_size=1,
    max_size=6,
)


@given(steps)
def test_remembered_names_change_nothing_that_decides(history):
    ledger, nameless, now = None, None, NOW
    for pause, told_now in history:
        now += pause
        told = {host: usage(*found, at=now) for host, found in told_now.items()}
        joined = run(ledger, told, HOSTS, now, in_use_grace="4d")
        other = run(nameless, told, HOSTS, now, in_use_grace="4d")
        ledger, nameless = joined.ledger, as_written_before(other.ledger)
        assert replace(ledger, names={}) == nameless
        assert protections(ledger, now) == protections(nameless, now)
        assert ledger_problem(ledger, now) == ledger_problem(nameless, now)
        assert joined.coverage == other.coverage
        assert set(ledger.names) <= set(ledger.digests)
        # Whatever can be pulled by a name is itself in use, so what is remembered cannot grow beyond that.
        assert {name.rpartition("@")[2] for names in ledger.names.values() for name in names if "@" in name} <= set(
            ledger.digests
        )
