# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays protected from run to run, whoever answers (S1), by tables and by random histories of a fleet."""

from __future__ import annotations

import json

import hypothesis.strategies as st
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.content import content_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.document import from_document, to_document
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import protections
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
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


def test_a_digest_stays_for_in_use_grace_after_its_last_use():
    ledger = ledger_of({"a": usage("app")})
    for days in range(1, 31):
        now = NOW + days * DAY
        ledger = run(ledger, {"a": usage(image("app"), at=now)}, ["a"], now).ledger
        assert digest("app") in ledger.digests and digest("index app") in ledger.digests
    now = NOW + 30 * DAY + 1
    assert digest("app") not in run(ledger, {"a": usage(at=now)}, ["a"], now).ledger.digests


def test_what_a_silent_host_used_stays_longer_than_in_use_grace():
    ledger = ledger_of({"a": usage("app"), "b": usage()})
    for days in (6, 12, 18):
        now = NOW + days * DAY
        ledger = run(ledger, {"a": UNREACHABLE, "b": usage(at=now)}, ["a", "b"], now, in_use_grace="1d").ledger
    assert digest("app") in ledger.digests
    assert not ledger.complete
    # What it had stopped using before it fell silent does not.
    ledger = ledger_of({"a": usage(image("old", last_used=NOW - HOUR), "app"), "b": usage()})
    now = NOW + 6 * DAY
    ledger = run(ledger, {"a": UNREACHABLE, "b": usage(at=now)}, ["a", "b"], now, in_use_grace="1d").ledger
    assert digest("app") in ledger.digests and digest("old") not in ledger.digests
    # And when it is back, it is believed.
    ledger = run(ledger, {"a": usage(at=now + 1), "b": usage(at=now)}, ["a", "b"], now + 1, in_use_grace="1d").ledger
    assert digest("app") not in ledger.digests


def test_the_latest_use_of_several_hosts_and_observations_counts():
    told = [
        {"host": "a", "usage": usage(image("app", last_used=NOW - 3 * DAY))},
        {"host": "b", "usage": usage(image("app", last_used=NOW - 2 * DAY))},
        {"host": "a", "usage": usage(image("app", last_used=NOW - 5 * DAY), at=NOW - HOUR)},
    ]
    ledger = run(None, told, ["a", "b"]).ledger
    assert ledger.digests[digest("app")] == {"a": NOW - 3 * DAY, "b": NOW - 2 * DAY}


def test_an_older_observation_does_not_replace_a_newer_one():
    ledger = ledger_of({"a": usage("app", service_images=["team/new:1"])})
    older = usage("gone", at=NOW - HOUR, service_images=["team/old:1"])
    joined = run(ledger, {"a": older}, ["a"], NOW + 1)
    assert joined.ledger.hosts["a"].answered == NOW
    assert list(joined.ledger.references) == ["docker.io/team/new:1"]
    assert {digest("app"), digest("gone")} <= set(joined.ledger.digests)


def test_released_digests_count_as_used_when_they_went():
    told = usage(released=[{"digest": digest("gone"), "at": iso(NOW - 29 * DAY)}])
    ledger = ledger_of({"a": told})
    assert ledger.released == {digest("gone"): {"a": NOW - 29 * DAY}}
    later = NOW + 2 * DAY
    assert run(ledger, {"a": {**told, "observed": iso(later)}}, ["a"], later).ledger.released == {}


def test_names_asked_for_on_a_host_stay_while_it_is_silent_and_go_when_it_says_so():
    ledger = ledger_of({"m": usage(service_images=["registry.example.com/shop:2"])})
    silent = run(ledger, {"m": UNREACHABLE}, ["m"], NOW + 20 * DAY).ledger
    assert silent.references == {"registry.example.com/shop:2": ("host m",)}
    assert run(silent, {"m": usage(at=NOW + 20 * DAY)}, ["m"], NOW + 20 * DAY).ledger.references == {}


def test_the_same_observations_change_nothing():
    told = {"a": usage("app", service_images=["team/x:1"]), "b": UNREACHABLE}
    first = run(None, told, ["a", "b"])
    again = run(first.ledger, told, ["a", "b"], NOW + HOUR)
    assert content_lines(first.ledger) == content_lines(again.ledger)
    assert again.ledger.last_run == NOW + HOUR


# Random histories -----------------------------------------------------------------------------------------------------

HOSTS = ("a", "b", "c")
IMAGES = ("x", "y", "z")
IN_USE_GRACE = 4 * DAY
HOST_GRACE = 2 * DAY

steps = st.lists(
    st.tuples(
        st.integers(1, 3 * DAY),  # since the last run
        st.fixed_dictionaries({host: st.sets(st.sampled_from(IMAGES)) for host in HOSTS}),  # what each host uses
        st.sets(st.sampled_from(HOSTS)),  # who answers
        st.sets(st.sampled_from(HOSTS)),  # who of the others was asked at all
        st.sets(st.sampled_from(HOSTS)),  # who has dropped out of the inventory
    ),
    min_size=1,
    max_size=8,
)


@given(steps)
def test_whatever_subset_answers_what_was_used_is_protected_and_blindness_is_never_complete(history):
    ledger, now = None, NOW
    last_seen = {}  # (host, image) -> when an answer last told that it was in use
    last_told = {}  # host -> (time, what it used)
    for pause, uses, answering, asked, dropped in history:
        now += pause
        told = dict.fromkeys(asked, UNREACHABLE)
        for host in answering:
            told[host] = usage(*sorted(uses[host]), at=now)
            last_told[host] = (now, uses[host])
            last_seen.update(((host, name), now) for name in uses[host])
        expected = [host for host in HOSTS if host not in dropped]
        joined = run(ledger, told, expected, now, host_grace="2d", in_use_grace="4d")
        # As it is after a reload.
        ledger = from_document(to_document_as_json(joined.ledger))
        assert ledger == joined.ledger
        protected = protections(ledger, now).digests
        for (_host, name), moment in last_seen.items():
            if now - moment <= IN_USE_GRACE:
                assert digest(name) in protected
        for name in {name for _moment, used in last_told.values() for name in used}:
            # In use when its host last answered: nobody knows better.
            assert digest(name) in protected
        blind = [
            host
            for host in {*expected, *last_told}
            if host not in last_told or (host not in answering and now - last_told[host][0] > HOST_GRACE)
        ]
        assert sorted(blind) == joined.coverage.named("blind")
        assert set(joined.coverage.named("answered")) == set(answering)
        if blind or not expected or set(expected) - set(told):
            assert not ledger.complete
        assert ledger.complete == (not ledger.problems)


def to_document_as_json(ledger):
    return json.loads(json.dumps(to_document(ledger)))


def test_a_large_fleet():
    """500 hosts, 20,000 digests, 200,000 sightings: built, joined again, saved, loaded, explained."""
    hosts = ["host-%03d" % number for number in range(500)]
    digests = ["sha256:%064x" % number for number in range(20_000)]

    told = {
        host: usage(
            *(
                {
                    "id": digests[(number * 37 + place) % 20_000],
                    "digests": [],
                    "used_by": ["container c (running)"],
                    "repo_digests": ["r.example.com/a@" + digests[0]],
                }
                for place in range(400)
            ),
            engine="engine of " + host,
        )
        for number, host in enumerate(hosts)
    }
    first = run(None, told, hosts).ledger
    second = run(first, told, hosts, NOW + HOUR).ledger
    assert second.complete
    assert sum(len(seen) for seen in second.digests.values()) >= 200_000
    loaded = from_document(to_document_as_json(second))
    assert loaded == second
    protected = protections(loaded, NOW + HOUR).digests
    assert len(protected) == len(second.digests) > 18_000
    assert protected[digests[0]] == "in use by host-000 and 499 more hosts"
    assert protected[digests[400]].startswith("in use by host-001 and ")
    assert content_lines(first) == content_lines(second)
