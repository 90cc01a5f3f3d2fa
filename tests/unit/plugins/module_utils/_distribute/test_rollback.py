# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving back what a run moved, against registries in memory."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.rollback import net_moves
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import Move

LATEST = [("eu", "latest"), ("us", "latest")]


def moved(world):
    """`latest` went from one to two in both regions, and 1.0.0 was brought; (one, two, run_id)."""
    one = world.source.hold("app", "latest", "one")
    world.run()
    two = world.source.hold("app", "latest", "two")
    world.source.hold("app", "1.0.0", "new")
    return one, two, world.run()["run_id"]


def at(world):
    return [region.tagged["app"]["latest"] for region in (world.eu, world.us)]


def outcomes(result):
    return {(row["region"], row["tag"]): (row["action"], row["outcome"]) for row in result["plan"]}


def test_a_run_that_moves_nothing_leaves_no_run_behind(world):
    world.source.hold("app", "latest", "one")
    assert world.run()["run_id"] is None and world.run()["run_id"] is None
    with pytest.raises(StateError, match="rollback: no run of registry src.example.com is remembered"):
        world.run(rollback="last")


@pytest.mark.parametrize("named", [True, False])
def test_tags_go_back_and_stay_there(world, named):
    one, two, run_id = moved(world)
    assert at(world) == [two, two]
    planned = world.run(rollback="last", apply=False)
    assert planned["changed"] and outcomes(planned) == dict.fromkeys(LATEST, ("move_back", "planned"))
    assert at(world) == [two, two]
    done = world.run(rollback=run_id if named else "last")
    assert done["plan_digest"] == planned["plan_digest"] and at(world) == [one, one]
    assert outcomes(done) == dict.fromkeys(LATEST, ("move_back", "done"))
    assert done["previous_digests"][0] == {"region": "eu", "repository": "app", "tag": "latest", "digest": two}
    # What is new stays, and the next sync does not undo the undoing.
    assert "1.0.0" in world.eu.tagged["app"]
    again = world.run()
    assert not again["changed"] and outcomes(again) == dict.fromkeys(LATEST, ("hold", "deferred"))
    assert "it was moved back from %s" % two in again["plan"][0]["error"] and again["summary"]["failed"] == 0
    assert at(world) == [one, one]


def test_it_moves_again_with_something_else_or_when_told(world):
    one, two, run_id = moved(world)
    world.run(rollback="last")
    three = world.source.hold("app", "latest", "three")
    world.run()
    assert at(world) == [three, three]
    # What it was moved back from is forgotten with that.
    world.source.tagged["app"]["latest"] = two
    world.run()
    assert at(world) == [two, two]
    world.run(rollback="last")
    world.run(resume=True)
    assert at(world) == [two, two]
    assert world.run()["plan"] == []


def test_a_rollback_can_be_rolled_back(world):
    one, two, run_id = moved(world)
    world.run(rollback="last")
    world.run(rollback="last")
    assert at(world) == [two, two]


def test_again_is_no_change(world):
    one, two, run_id = moved(world)
    world.run(rollback=run_id)
    again = world.run(rollback=run_id)
    assert not again["changed"] and again["plan"] == [] and again["summary"]["unchanged"] == 2


def test_what_somebody_moved_since_is_left_alone(world):
    one, two, run_id = moved(world)
    world.us.hold("app", "latest", "a hot fix")
    message, result = world.fails(rollback="last")
    assert "it was moved to" in message and at(world)[0] == two
    assert outcomes(result) == {
        ("eu", "latest"): ("move_back", "deferred"),
        ("us", "latest"): ("move_back", "deferred"),
    }
    world.fails(rollback="last", floating_scope="region")
    assert at(world)[0] == one and at(world)[1] not in (one, two)


def test_what_a_region_lost_cannot_come_back(world):
    """Neither a manifest nor a blob below it: a tag that points at something broken is worse than one that is wrong."""
    one, two, run_id = moved(world)
    config = json.loads(world.us.manifests[("app", one)].decode())["config"]["digest"]
    lost = world.us.blobs.pop(("app", config))
    message, _result = world.fails(rollback="last", apply=True)
    assert "does not have all of %s any more: blob %s" % (one, config) in message and at(world) == [two, two]
    world.us.blobs[("app", config)] = lost
    del world.us.manifests[("app", one)]
    message, _result = world.fails(rollback="last")
    assert "does not have all of %s any more: manifest %s" % (one, one) in message and at(world) == [two, two]


def test_a_region_that_is_down_keeps_the_others_where_they_are(world):
    one, two, run_id = moved(world)

    def no_answer(*_what):
        raise RegistryError("it does not answer")

    world.us.fault = no_answer
    message, result = world.fails(rollback="last")
    assert "2 of 2 tags were not moved back; first: eu app:latest: it goes back in all regions or in none" in message
    assert outcomes(result)[("us", "latest")] == ("move_back", "failed") and world.eu.tagged["app"]["latest"] == two
    world.fails(rollback="last", floating_scope="region")
    assert world.eu.tagged["app"]["latest"] == one


def test_only_what_the_options_name_goes_back(world):
    one, two, run_id = moved(world)
    assert world.run(rollback="last", repositories=["other"])["plan"] == []
    assert world.run(rollback="last", repositories=[{"name": "app", "tags": "1.*"}])["plan"] == []
    message, _result = world.fails(rollback="last", destinations=[{"name": "eu", "registry": "eu.example.com"}])
    assert "region us, of which run %s moved tags, is not among the destinations" % run_id in message
    assert world.eu.tagged["app"]["latest"] == one


def test_no_such_run(world):
    one, two, run_id = moved(world)
    with pytest.raises(StateError, match="no run '20200101T000000Z-00000000' of .* there is: %s" % run_id):
        world.run(rollback="20200101T000000Z-00000000")


def test_where_nothing_can_be_remembered_nothing_moves(world, tmp_path):
    one, two, run_id = moved(world)
    world.source.hold("app", "latest", "three")
    world.source.hold("app", "2.0.0", "new too")
    folder = tmp_path / "src.example.com"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    message, result = world.fails()
    assert "without it nothing could be moved back" in message and at(world) == [two, two]
    # What is new needs nothing to be remembered.
    assert world.eu.tagged["app"]["2.0.0"] == world.source.tagged["app"]["2.0.0"]


def test_several_steps_of_one_run_are_one():
    steps = [
        Move("eu", "a", "a", "t", "2", "1"),
        Move("eu", "a", "a", "t", "3", "2"),
        Move("us", "a", "a", "t", "3", None),
    ]
    assert net_moves(steps) == [Move("eu", "a", "a", "t", "3", "1")]
