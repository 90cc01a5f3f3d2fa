# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run against registries in memory: what is brought, in what order, and what is told when something is in the way."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.copy import Copier, Traffic
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)

ONE_REGION = [{"name": "eu", "registry": "eu.example.com"}]


def no_answer(*_what):
    raise RegistryError("it does not answer")


def refuses(wanted, status=403):
    def fault(method, repository, what):
        if wanted(method, repository, what):
            raise RegistryRefusal("it answered %d" % status, status)

    return fault


def outcomes(result):
    return {(row["region"], row["tag"]): row["outcome"] for row in result["plan"]}


def test_content_then_tags_then_those_that_move(world):
    world.source.hold("app", "latest", "one")
    world.source.hold("app", "1.0.0", "two")
    result = world.run()
    assert result["changed"] and set(outcomes(result).values()) == {"done"}
    for one in (world.eu, world.us):
        assert one.tagged == world.source.tagged
        assert one.moves() == ["1.0.0", "latest"]
    assert result["summary"]["blobs"] == 2 and len([1 for one in world.source.log if one[0] == "BLOB"]) == 2
    again = world.run()
    assert not again["changed"] and again["plan"] == [] and again["summary"]["unchanged"] == 4


def test_check_mode_is_the_same_plan_and_changes_nothing(world):
    world.source.hold("app", "1.0.0", "two")
    planned = world.run(apply=False)
    assert planned["changed"] and set(outcomes(planned).values()) == {"planned"}
    assert world.eu.tagged == {} and world.eu.blobs == {}
    done = world.run()
    assert done["plan_digest"] == planned["plan_digest"] and done["diff"] == planned["diff"]
    digest = world.source.tagged["app"]["1.0.0"]
    assert done["diff"] == {"before": "", "after": "eu app:1.0.0 %s\nus app:1.0.0 %s\n" % (digest, digest)}


def test_a_region_that_is_down_is_told_and_nothing_that_moves_moves(world):
    old = world.us.hold("app", "latest", "old")
    new = world.source.hold("app", "latest", "new")
    world.source.hold("app", "1.0.0", "two")
    world.eu.fault = no_answer
    message, result = world.fails()
    assert "not everything could be compared" in message and "region eu: it does not answer" in message
    assert "0 of" not in message
    assert world.us.tagged["app"]["latest"] == old and ("app", new) in world.us.manifests
    assert outcomes(result) == {("us", "latest"): "deferred", ("us", "1.0.0"): "done"}
    assert result["previous_digests"] == []
    assert "missing in eu" in result["plan"][0]["error"]
    message, result = world.fails(floating_scope="region")
    assert world.us.tagged["app"]["latest"] == new
    assert [one["digest"] for one in result["previous_digests"]] == [old]


def test_a_region_that_goes_down_on_the_way(world):
    world.source.hold("app", "latest", "one")
    for place in range(5):
        world.source.hold("app", "1.0.%d" % place, "many %d" % place)

    def fault(method, _repository, _what):
        if method in ("SEND", "PUT"):
            no_answer()

    world.eu.fault = fault
    message, result = world.fails()
    assert "6 of 12 tags could not be brought" in message
    assert sorted(world.us.moves()) == ["1.0.%d" % place for place in range(5)]
    assert outcomes(result)[("us", "latest")] == "deferred"
    # It is not asked again for everything that was to come.
    assert (
        len([1 for method, _repository, _what in world.eu.log if method in ("SEND", "PUT")])
        <= world.source.options.concurrency
    )


def test_a_region_that_goes_down_before_its_tags_is_not_asked_for_each(world):
    for place in range(5):
        world.source.hold("app", "1.0.%d" % place, "many %d" % place)
    world.eu.fault = lambda method, _repository, what: no_answer() if method == "PUT" and what[0] == "1" else None
    _message, result = world.fails()
    assert len(world.eu.moves()) <= world.eu.options.concurrency and len(world.us.moves()) == 5
    assert [row["error"] for row in result["plan"] if row["region"] == "eu"] == ["it does not answer"] * 5


def test_content_that_came_without_a_tag_is_a_change(world):
    world.source.hold("app", "latest", "one")
    world.eu.fault = no_answer
    assert world.fails()[1]["changed"]
    assert not world.fails()[1]["changed"]


@pytest.mark.parametrize("arrived, heads, sent", [(0, 8, 20), (1, 20, 19), (12, 20, 8), (20, 20, 0)])
def test_blobs_that_came_before_a_run_was_ended_are_not_read_again(world, arrived, heads, sent):
    """There is no tag yet that tells of them; few requests tell whether there are any."""
    for place in range(20):
        world.source.hold("app", "1.0.%d" % place, "many %d" % place)
    for key in list(world.source.blobs)[:arrived]:
        world.eu.blobs[key] = world.source.blobs[key]
    result = world.run(destinations=ONE_REGION)
    assert result["summary"]["blobs"] == sent and len(world.eu.moves()) == 20
    assert len([1 for method, _repository, _what in world.eu.log if method == "HAS"]) == heads


def test_a_refusal_in_one_repository_is_no_reason_to_give_up_the_region(world):
    world.source.hold("app", "1.0.0", "one")
    world.source.hold("other", "1.0.0", "two")
    world.eu.fault = refuses(lambda method, repository, what: method == "HEAD" and repository == "app")
    message, result = world.fails(repositories=["app", "other"])
    assert "region eu: it answered 403" in message
    assert world.eu.tagged == {"other": world.source.tagged["other"]}
    assert set(world.us.tagged) == {"app", "other"}


@pytest.mark.parametrize("times, outcome", [(2, "done"), (3, "failed")])
def test_good_bytes_that_a_region_takes_for_damaged_are_put_again(world, times, outcome):
    """As often as retries says."""
    world.source.hold("app", "1.0.0", "two")
    faults = ["1.0.0"] * times
    world.eu.fault = refuses(lambda method, _repository, what: method == "PUT" and what in faults and faults.pop(), 400)
    if outcome == "failed":
        _told, result = world.fails(destinations=ONE_REGION)
    else:
        result = world.run(destinations=ONE_REGION)
    assert outcomes(result) == {("eu", "1.0.0"): outcome} and faults == []
    assert len([1 for entry in world.eu.log if entry[0] == "PAUSE"]) == 2


def test_tags_that_never_move_are_counted_although_not_asked_for(world):
    for tag in ("1.0.0", "1.0.1"):
        digest = world.source.hold("app", tag, tag)
        for one in (world.eu, world.us):
            one.hold("app", tag, tag)
    result = world.run(immutable_tags="1.*")
    assert (result["summary"]["tags"], result["summary"]["unchanged"], result["plan"]) == (4, 4, [])
    assert not [1 for one in (world.source, world.eu, world.us) for entry in one.log if entry[0] == "HEAD"]
    del world.us.tagged["app"]["1.0.1"]
    result = world.run(immutable_tags="1.*")
    assert (result["summary"]["tags"], result["summary"]["unchanged"], result["summary"]["copied"]) == (4, 3, 1)
    assert world.us.tagged["app"]["1.0.1"] == digest


def test_the_name_of_a_tag_is_no_proof_of_what_it_points_at(world):
    """Another tag is moved to what a tag that never moves should be there: it is brought, not believed."""
    digest = world.source.hold("app", "1.0.0", "one")
    world.source.hold("app", "latest", "one")
    world.eu.hold("app", "1.0.0", "something else")
    result = world.run(immutable_tags="1.*")
    assert world.eu.tagged["app"]["latest"] == digest and ("app", digest) in world.eu.manifests
    assert set(outcomes(result).values()) == {"done"}


def test_a_region_that_does_not_mount_is_asked_once(world):
    for place in range(6):
        world.source.hold("app", "1.0.%d" % place, "many %d" % place)
    world.run()
    world.eu.mounts = False
    result = world.run(repositories=[{"name": "app", "to": "copy/{name}"}], destinations=ONE_REGION)
    # In this run nothing has shown what lies in the other repository.
    assert result["summary"]["mounted"] == 0 and not [1 for entry in world.eu.log if entry[0] == "MOUNT"]
    given = [{"name": "app"}, {"name": "app", "to": "copy/{name}"}]
    for kind in (world.eu.tagged, world.eu.manifests, world.eu.blobs):
        kind.clear()
    result = world.run(repositories=given, destinations=ONE_REGION)
    assert result["summary"]["mounted"] == 0 and len(world.eu.tagged["copy/app"]) == 6
    asked = len([1 for entry in world.eu.log if entry[0] == "MOUNT"])
    assert 1 <= asked <= world.eu.options.concurrency
    for kind in (world.eu.tagged, world.eu.manifests, world.eu.blobs):
        kind.clear()
    world.eu.mounts = True
    assert world.run(repositories=given, destinations=ONE_REGION)["summary"]["mounted"] == 6


def test_a_tag_that_somebody_made_meanwhile_is_left_alone(world):
    """It was missing when it was compared, and long copies lie between; nothing would tell what it was."""
    world.source.hold("app", "1.0.0", "one")
    theirs = []

    def fault(method, repository, what):
        if method == "SEND" and not theirs:
            theirs.append(world.eu.hold("app", "1.0.0", "somebody else's"))

    world.eu.fault = fault
    message, result = world.fails()
    assert "it was moved to %s meanwhile" % theirs[0] in message
    assert world.eu.tagged["app"]["1.0.0"] == theirs[0]
    assert outcomes(result) == {("eu", "1.0.0"): "failed", ("us", "1.0.0"): "done"}


def test_what_was_done_is_told_although_it_cannot_be_remembered(world, tmp_path):
    world.source.hold("app", "1.0.0", "one")
    (tmp_path / "src.example.com.json.lock").mkdir()
    message, result = world.fails(state_dir=str(tmp_path))
    assert "state_dir: what this run did could not be remembered" in message
    assert set(outcomes(result).values()) == {"done"} and result["summary"]["copied"] == 2


def test_a_repository_that_is_not_there_does_not_stop_the_others(world):
    world.source.hold("app", "1.0.0", "one")
    message, _result = world.fails(repositories=["gone", "app"])
    assert "registry src.example.com has no repository gone" in message
    assert world.eu.tagged == world.us.tagged == world.source.tagged


def test_a_source_that_does_not_answer(world):
    world.source.fault = no_answer
    with pytest.raises(RegistryError, match="it does not answer"):
        world.run()
    assert world.eu.moves() == []


def test_a_manifest_that_cannot_be_read_any_more(world):
    world.source.hold("app", "1.0.0", "one")
    gone = world.source.hold("app", "1.0.1", "two")
    del world.source.manifests[("app", gone)]
    _message, result = world.fails()
    assert outcomes(result) == {
        (region, tag): outcome for region in ("eu", "us") for tag, outcome in (("1.0.0", "done"), ("1.0.1", "failed"))
    }
    assert list(world.eu.tagged["app"]) == ["1.0.0"]


def test_what_is_corrupt_is_tagged_nowhere(world):
    world.source.hold("app", "1.0.0", "one")
    world.source.fault = lambda method, repository, what: no_answer() if method == "BLOB" else None
    _message, result = world.fails()
    assert set(outcomes(result).values()) == {"failed"}
    assert world.eu.moves() == world.us.moves() == [] and world.eu.manifests == {}


def test_two_sources_for_one_place(world):
    """Each run would move the tag to and fro."""
    world.source.hold("a", "1.0.0", "one")
    world.source.hold("b", "1.0.0", "two")
    given = [{"name": "a", "to": "all"}, {"name": "b", "to": "all"}]
    message, _result = world.fails(repositories=given)
    assert "eu all:1.0.0: both a and b would be brought there" in message
    assert world.eu.tagged["all"]["1.0.0"] == world.source.tagged["a"]["1.0.0"]
    assert world.eu.moves() == ["1.0.0"]


def test_the_same_tag_by_two_entries_is_one(world):
    world.source.hold("app", "1.0.0", "one")
    result = world.run(repositories=["app", {"name": "app", "tags": "1.*"}])
    assert result["summary"]["tags"] == 2 and world.eu.moves() == ["1.0.0"]


def test_a_blob_of_another_repository_is_mounted(world):
    world.source.hold("app", "1.0.0", "same")
    world.source.hold("other", "1.0.0", "same")
    result = world.run(repositories=["app", "other"])
    assert result["summary"]["mounted"] == 2 and result["summary"]["blobs"] == 1


@pytest.mark.parametrize("somebody", ["else", None])
def test_a_tag_that_somebody_else_moved_meanwhile_is_left_alone(world, somebody):
    world.source.hold("app", "latest", "new")
    world.us.hold("app", "latest", "old")

    def fault(method, _repository, what):
        if method == "PUT" and what.startswith("sha256:"):
            if somebody:
                world.us.hold("app", "latest", somebody)
            else:
                del world.us.tagged["app"]["latest"]

    world.us.fault = fault
    message, result = world.fails()
    assert "meanwhile" in message and world.us.moves() == []
    assert outcomes(result) == {("eu", "latest"): "done", ("us", "latest"): "failed"}


@pytest.mark.parametrize("source, regions, streams", [(2, [8, 8], 2), (8, [8, 1], 1), (64, [64, 64], 8), (64, [], 8)])
def test_no_more_blobs_are_under_way_than_each_registry_takes(source, regions, streams):
    """One that waits for its turn would look slow, and the source be read once more for it."""

    def taking(concurrency):
        return SimpleNamespace(options=SimpleNamespace(concurrency=concurrency))

    copier = Copier(None, None, taking(source), Traffic(), print)
    assert copier.streams([SimpleNamespace(client=taking(one)) for one in regions]) == streams


def test_some_platforms_only(world):
    """The index is a new one with a digest of its own; the second run finds it."""
    children = [world.source.hold("app", "child-%s" % name, name) for name in ("amd64", "arm64")]
    data = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [
                {
                    "mediaType": OCI_MANIFEST,
                    "digest": child,
                    "size": 1,
                    "platform": {"os": "linux", "architecture": name},
                }
                for child, name in zip(children, ("amd64", "arm64"))
            ],
        }
    ).encode()
    world.source.manifests[("app", digest_of(data))] = data
    world.source.tagged["app"] = {"1.0.0": digest_of(data)}
    given = [{"name": "app", "platforms": "linux/arm64"}]
    (row,) = [one for one in world.run(repositories=given)["plan"] if one["region"] == "eu"]
    assert row["outcome"] == "done" and row["origin"] == digest_of(data) != row["digest"]
    assert ("app", children[1]) in world.eu.manifests and ("app", children[0]) not in world.eu.manifests
    assert not world.run(repositories=given)["changed"]
