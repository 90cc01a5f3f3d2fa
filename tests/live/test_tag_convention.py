# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags by a convention on a real registry and real engines: digests stay, backports steal nothing, runs that meet end well."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path
from typing import Any

import pytest
import registry_content as content
from archive import Image, Layer
from crane_registry import CraneRegistry
from own_registry import OwnRegistry
from registry_content import Manifest
from registry_pushing import list_tags, push, read_manifest
from whole import all_whole
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    PartialFailure,
    PolicyError,
    RefusedError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import parse_tag_options
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.run import run_tagging
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._tagging.test_histories import expected

WEB = "shop/web"
NEVER_MOVE = r"regex:v?[0-9]+[.][0-9]+[.][0-9]+"


def give(address: str, image: str, apply: bool = True, repository: str = WEB, **options: Any) -> dict[str, Any]:
    """`image` is a tag or digest of the repository."""
    joint = "@" if image.startswith("sha256:") else ":"
    return run_tagging(
        parse_tag_options(
            {
                "image": "%s/%s%s%s" % (address, repository, joint, image),
                "registries": [{"registry": address, "insecure": True}],
                **options,
            },
            1795737600,
        ),
        apply,
    )


def release(registry: OwnRegistry, version: str, seed: str = "", **options: Any) -> Manifest:
    """Push an image by digest, and give it its tags."""
    made = content.multi_platform(seed or version)
    push(registry.address, WEB, made)
    give(registry.address, made.digest, version=version, **options)
    return made


def actions(result: dict[str, Any], where: str = "registry") -> dict[str, str]:
    return {row["name"]: row["action"] for row in result["tags"] if row["where"] == where}


def decided(result: dict[str, Any]) -> list[dict[str, Any]]:
    """All of the tags but what became of them."""
    return [{**row, "outcome": None} for row in result["tags"]]


def test_the_plan_is_what_happens_digests_stay_and_a_rerun_changes_nothing(own: OwnRegistry) -> None:
    old = release(own, "1.2.2")
    made = content.multi_platform("new", attested=True)
    push(own.address, WEB, made, "build-7")
    before = own.tags(WEB)
    own.mark()
    planned = give(own.address, "build-7", apply=False, version="1.2.3")
    assert own.tags(WEB) == before and {one.method for one in own.requests()} <= {"GET", "HEAD"}

    own.mark()
    done = give(own.address, "build-7", version="1.2.3")
    asked = own.requests()
    assert decided(planned) == decided(done) and planned["diff"] == done["diff"]
    assert planned["changed"] and done["changed"]
    assert {row["outcome"] for row in planned["tags"]} == {"planned"}
    assert {row["outcome"] for row in done["tags"]} == {"done"}
    assert own.tags(WEB) == {
        "build-7": made.digest,
        "1.2.2": old.digest,
        **dict.fromkeys(("1.2.3", "1.2", "1", "latest"), made.digest),
    }
    assert read_manifest(own.address, WEB, "latest").body == made.body
    assert not [one for one in asked if "/blobs/" in one.path], "nothing is pulled or pushed but manifests"
    assert all_whole(own.address, WEB) == []
    assert {row["name"]: row["previous_digest"] for row in done["tags"]} == {
        "1.2.3": None,
        **dict.fromkeys(("1.2", "1", "latest"), old.digest),
    }

    own.mark()
    again = give(own.address, "build-7", version="1.2.3")
    assert not again["changed"] and set(actions(again).values()) == {"keep"}
    assert "PUT" not in {one.method for one in own.requests()}
    assert [one["tag"] for one in again["findings"]] == ["build-7"]


def test_a_backport_steals_nothing(own: OwnRegistry) -> None:
    first, two = release(own, "1.9.0"), release(own, "2.0.1")
    backport = release(own, "1.9.1")
    old_patch = release(own, "1.8.7")
    pre = release(own, "3.0.0-rc.1")
    alpine = release(own, "1.0.0", "alpine", schemes=[{"type": "semver", "suffix": "-alpine"}])
    assert own.tags(WEB) == {
        "1.9.0": first.digest,
        **dict.fromkeys(("1.9.1", "1.9", "1"), backport.digest),
        **dict.fromkeys(("2.0.1", "2.0", "2", "latest"), two.digest),
        **dict.fromkeys(("1.8.7", "1.8"), old_patch.digest),
        "3.0.0-rc.1": pre.digest,
        **dict.fromkeys(("1.0.0-alpine", "1.0-alpine", "1-alpine", "latest-alpine"), alpine.digest),
    }


@pytest.mark.parametrize("apply", [True, False])
def test_an_immutable_tag_stops_the_run_before_anything_is_changed(own: OwnRegistry, apply: bool) -> None:
    there = release(own, "1.2.3")
    other = content.multi_platform("other")
    push(own.address, WEB, other)
    before = own.tags(WEB)
    own.mark()
    with pytest.raises(RefusedError) as caught:
        give(own.address, other.digest, apply, version="1.2.3", immutable=NEVER_MOVE)
    assert there.digest in str(caught.value) and other.digest in str(caught.value)
    assert own.tags(WEB) == before and "PUT" not in {one.method for one in own.requests()}
    assert not give(own.address, there.digest, apply, version="1.2.3", immutable=NEVER_MOVE)["changed"]


def test_promotion_in_order_and_back(own: OwnRegistry) -> None:
    stages = [{"type": "environment", "stages": ["dev", "staging", "production"], "in_order": True}]
    old, new = release(own, "1.0.0"), release(own, "1.1.0")
    for stage in ("dev", "staging", "production"):
        give(own.address, "1.0.0", environment=stage, schemes=stages)
    give(own.address, "1.1.0", environment="dev", schemes=stages)
    with pytest.raises(RefusedError, match="production comes after staging"):
        give(own.address, "1.1.0", environment="production", schemes=stages)
    give(own.address, "1.1.0", environment="staging", schemes=stages)
    promoted = give(own.address, "1.1.0", environment="production", schemes=stages)
    assert own.tags(WEB)["production"] == new.digest
    back = promoted["tags"][0]["previous_digest"]
    assert back == old.digest
    give(own.address, back, environment="production", schemes=["environment"])
    assert own.tags(WEB)["production"] == old.digest


def test_what_a_release_moved_goes_back(own: OwnRegistry) -> None:
    """As the guide says: every tag that moved, with its previous digest, by the scheme `raw`."""
    release(own, "1.2.2")
    before = own.tags(WEB)
    bad = content.multi_platform("bad")
    push(own.address, WEB, bad)
    released = give(own.address, bad.digest, version="1.2.3", immutable=NEVER_MOVE)
    moved = [row for row in released["tags"] if row["action"] == "move"]
    assert [row["name"] for row in moved] == ["1.2", "1", "latest"]
    for row in moved:
        back = {"schemes": [{"type": "raw", "value": row["name"]}], "immutable": NEVER_MOVE}
        assert give(own.address, row["previous_digest"], **back)["changed"]
        assert not give(own.address, row["previous_digest"], **back)["changed"]
    assert own.tags(WEB) == {**before, "1.2.3": bad.digest}
    fixed = release(own, "1.2.4")
    assert {own.tags(WEB)[name] for name in ("1.2.4", "1.2", "1", "latest")} == {fixed.digest}


def test_random_releases_leave_every_floating_tag_at_the_highest_of_its_line(own: OwnRegistry) -> None:
    """Releases, backports, prereleases, variants and rebuilds, in any order; the same judgement as in the unit tests."""
    choose = random.Random(20261127)
    history = []
    for number in range(40):
        numbers = (choose.randrange(3), choose.randrange(3), choose.choice((0, 1, 9, 10)))
        pre = choose.choice(("", "", "", "-rc.1", "-foo", "-2"))
        suffix, build = choose.choice(("", "", "-alpine")), choose.choice(("", "", "+7"))
        made = content.simple("release-%d" % number)
        push(own.address, WEB, made)
        version = ".".join(map(str, numbers)) + pre + build
        give(own.address, made.digest, version=version, schemes=[{"type": "semver", "suffix": suffix}])
        history.append(((numbers, pre, suffix, build), made.digest))
        floating, tags = expected(history), own.tags(WEB)
        assert {name: tags.get(name) for name in floating} == floating, version
    assert all_whole(own.address, WEB) == []


def test_a_registry_that_cannot_delete_tags_alone_keeps_all(own: OwnRegistry) -> None:
    release(own, "1.2.3")
    before = own.tags(WEB)
    for apply in (False, True):
        own.mark()
        told = give(own.address, "1.2.3", apply, version="1.2.3", state="absent")
        assert not told["changed"] and told["diff"]["before"] == told["diff"]["after"]
        assert {(row["action"], row["outcome"]) for row in told["tags"]} == {("remove", "refused")}
        assert "cannot delete a tag alone" in told["tags"][0]["error"] and told["summary"]["refused"] == 4
        deleted = [one.path.rpartition("/")[2] for one in own.requests() if one.method == "DELETE"]
        assert len(deleted) == 2 and not {*deleted} & {*before, *before.values()}, "only what does not exist"
    assert own.tags(WEB) == before and all_whole(own.address, WEB) == []


def test_tags_go_where_a_registry_deletes_them_alone(tmp_path: Path) -> None:
    """On crane's registry: only those that mean the image, and never an immutable one."""
    with CraneRegistry(tmp_path) as crane:
        made = {version: content.simple(version) for version in ("1.9.0", "2.0.0", "2.0.1")}
        for version, one in made.items():
            push(crane.address, WEB, one)
            give(crane.address, one.digest, version=version)
        last = made["2.0.1"].digest
        planned = give(crane.address, "2.0.1", apply=False, version="2.0.1", state="absent")
        assert len(list_tags(crane.address, WEB)) == 8
        done = give(crane.address, "2.0.1", version="2.0.1", state="absent")
        assert decided(planned) == decided(done) and planned["diff"] == done["diff"] and done["changed"]
        assert actions(done) == dict.fromkeys(("2.0.1", "2.0", "2", "latest"), "remove")
        assert {row["digest"] for row in done["tags"]} == {None} and done["summary"]["removed"] == 4
        assert set(list_tags(crane.address, WEB)) == {"1.9.0", "1.9", "1", "2.0.0"}
        assert read_manifest(crane.address, WEB, last).status == 200
        for image in ("2.0.1", last):
            again = give(crane.address, image, version="2.0.1", state="absent")
            assert not again["changed"] and set(actions(again).values()) == {"keep"}

        # A floating tag is where the highest release is, so the others' stay; `1` means another image.
        give(crane.address, "2.0.0", version="2.0.0")
        kept = give(crane.address, "2.0.0", version="1.9.0", state="absent")
        assert actions(kept) == {**dict.fromkeys(("1.9.0", "1.9", "1"), "hold"), "latest": "remove"}
        partly = give(crane.address, "2.0.0", version="2.0.0", state="absent", immutable=NEVER_MOVE)
        assert actions(partly) == {"2.0.0": "hold", "2.0": "remove", "2": "remove", "latest": "keep"}
        assert set(list_tags(crane.address, WEB)) == {"1.9.0", "1.9", "1", "2.0.0"}


def test_what_is_not_there_is_told(own: OwnRegistry) -> None:
    with pytest.raises(FleetError, match="has no 9.9.9 in shop/web; push it first"):
        give(own.address, "9.9.9", version="9.9.9")


def _release_in_turn(address: str, digests: dict[str, str], versions: list[str], gate: Any, failures: Any) -> None:
    gate.wait()
    for version in versions:
        try:
            give(address, digests[version], version=version)
        except PartialFailure as error:
            failures.put("%s: %s" % (version, error))


def test_two_processes_that_release_at_the_same_time_end_at_the_highest(own: OwnRegistry) -> None:
    """Ten rounds; each process releases its half of the versions, one upwards and the other downwards."""
    processes = multiprocessing.get_context("fork")
    for number in range(10):
        versions = ["%d.%d.%d" % (number + 1, minor, patch) for minor in (0, 1) for patch in range(3)]
        made = {version: content.multi_platform(version) for version in versions}
        digests = {version: push(own.address, WEB, one) for version, one in made.items()}
        gate, failures = processes.Barrier(2), processes.Queue()
        halves = (versions[::2], versions[1::2][::-1])
        running = [
            processes.Process(target=_release_in_turn, args=(own.address, digests, half, gate, failures))
            for half in halves
        ]
        for one in running:
            one.start()
        for one in running:
            one.join(120)
            assert one.exitcode == 0
        assert failures.empty()
        tags = own.tags(WEB)
        major = str(number + 1)
        assert {version: tags[version] for version in versions} == digests
        for floating, version in (
            (major + ".0", versions[2]),
            (major + ".1", versions[5]),
            (major, versions[5]),
            ("latest", versions[5]),
        ):
            assert tags[floating] == digests[version], floating
    assert all_whole(own.address, WEB) == []


def load(bench: Workbench, name: str, seed: str) -> str:
    """An image of the engine; its ID."""
    bench.load(Image([name], [Layer(seed)], note=seed))
    return bench.id_of(name)


def in_engine(bench: Workbench, image: str, apply: bool = True, **options: Any) -> dict[str, Any]:
    everything = {"docker_host": bench.docker_host, "where": "engine", "image": bench.name(image), **options}
    return run_tagging(parse_tag_options(everything, 1795737600), apply)


def test_tags_in_an_engine(bench: Workbench) -> None:
    old, two, new = (load(bench, "app:build-%s" % seed, bench.prefix + seed) for seed in ("old", "two", "new"))
    in_engine(bench, "app:build-old", version="1.9.0")
    in_engine(bench, "app:build-two", version="2.0.0")
    before = bench.names()
    planned = in_engine(bench, "app:build-new", apply=False, version="1.9.1")
    assert bench.names() == before and planned["changed"]
    done = in_engine(bench, "app:build-new", version="1.9.1")
    assert actions(done, "engine") == {"1.9.1": "create", "1.9": "move", "1": "move", "latest": "hold"}
    assert planned["diff"] == done["diff"]
    assert {row["name"]: row["previous_digest"] for row in done["tags"]}["1"] == old
    assert {name: bench.id_of("app:" + name) for name in ("1.9.0", "1.9.1", "1.9", "1", "2", "latest")} == {
        "1.9.0": old,
        **dict.fromkeys(("1.9.1", "1.9", "1"), new),
        **dict.fromkeys(("2", "latest"), two),
    }
    assert not in_engine(bench, "app:build-new", version="1.9.1")["changed"]
    # An ID reads like a name, and a repository of that name is not what was meant.
    short = new.partition(":")[2][:12]
    for state in ("present", "absent"):
        with pytest.raises(PolicyError, match="repository: ID %s does not say where" % short):
            run_tagging(
                parse_tag_options(
                    {
                        "docker_host": bench.docker_host,
                        "where": "engine",
                        "image": short,
                        "version": "1.9.1",
                        "state": state,
                    },
                    0,
                ),
                True,
            )
    with pytest.raises(RefusedError) as caught:
        in_engine(bench, "app:build-new", version="1.9.0", immutable=NEVER_MOVE)
    assert old in str(caught.value) and new in str(caught.value)
    assert not in_engine(bench, "app:build-new", version="1.9.1")["changed"]


def test_tags_go_from_an_engine_and_the_image_stays(bench: Workbench) -> None:
    old, new = (load(bench, "app:build-%s" % seed, bench.prefix + seed) for seed in ("old", "new"))
    in_engine(bench, "app:build-old", version="1.2.2")
    in_engine(bench, "app:build-new", version="1.2.3")
    before = bench.names()
    gone: dict[str, Any] = {"version": "1.2.3", "state": "absent"}
    planned = in_engine(bench, "app:build-new", apply=False, **gone)
    assert bench.names() == before and planned["changed"]
    done = in_engine(bench, "app:build-new", **gone)
    assert actions(done, "engine") == dict.fromkeys(("1.2.3", "1.2", "1", "latest"), "remove")
    assert decided(planned) == decided(done) and planned["diff"] == done["diff"]
    assert bench.id_of("app:build-new") == new and bench.id_of("app:1.2.2") == old
    assert not in_engine(bench, "app:build-new", **gone)["changed"]
    assert not in_engine(bench, "app:1.2.3", **gone)["changed"]

    # The last name would take the image along, so it stays.
    only = load(bench, "app:3.0.0", bench.prefix + "only")
    in_engine(bench, "app:3.0.0", version="3.0.0")
    for apply in (False, True):
        last = in_engine(bench, "app:3.0.0", apply, version="3.0.0", state="absent")
        assert {row["name"]: row["outcome"] for row in last["tags"]}["3.0.0"] == "refused"
    assert bench.id_of("app:3.0.0") == only and last["summary"]["removed"] == 3


def test_tags_pushed_from_an_engine(bench: Workbench, own: OwnRegistry) -> None:
    load(bench, "app:built", bench.prefix)
    two = release(own, "2.0.0")
    place = {"repository": "%s/%s" % (own.address, WEB), "registries": [{"registry": own.address, "insecure": True}]}
    pushing: dict[str, Any] = {**place, "push": True, "version": "1.9.1", "immutable": NEVER_MOVE}
    planned = in_engine(bench, "app:built", apply=False, **pushing)
    assert planned["changed"] and set(own.tags(WEB)) == {"2.0.0", "2.0", "2", "latest"}
    done = in_engine(bench, "app:built", **pushing)
    expected = {"1.9.1": "create", "1.9": "create", "1": "create", "latest": "hold"}
    assert actions(done) == actions(done, "engine") == actions(planned) == expected
    tags = own.tags(WEB)
    assert tags["latest"] == two.digest and len({tags[name] for name in ("1.9.1", "1.9", "1")}) == 1
    assert {row["digest"] for row in done["tags"] if row["where"] == "registry"} == {
        tags[name] for name in ("1.9.1", "latest")
    }
    assert all_whole(own.address, WEB) == []
    again = in_engine(bench, "app:built", **pushing)
    assert not again["changed"] and own.tags(WEB) == tags

    other = load(bench, "app:other", bench.prefix + "-other")
    refused = "1.9.1 is %s and would become what the push of image %s makes" % (tags["1.9.1"], other)
    with pytest.raises(RefusedError, match=refused):
        in_engine(bench, "app:other", **pushing)
    assert own.tags(WEB) == tags and bench.id_of("app:other") == other
