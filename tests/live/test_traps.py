# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traps of the field, each on every engine: what other tools delete although somebody needs it, and what they miscount."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

import docker
import pytest
from archive import BUSYBOX, Image, Layer
from workbench import LABEL, Workbench

BASE = Layer("base", 20000, BUSYBOX)


def app(number: int, *names: str, **options: object) -> Image:
    """An image on the common base with a layer of its own."""
    return Image(names or ("app:%d" % number,), [BASE, Layer("app-%d" % number, 30000 + number)], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["created", "running", "paused", "exited"])
def test_every_name_of_an_image_with_a_container_stays(bench: Workbench, state: str) -> None:
    """Traps 1 and 3: deleting by name is never refused while another name is left, so the names are protected by us."""
    bench.load(app(1, "app:prod", "app:1", "other/app:1"), app(2))
    container = bench.container("app:prod", state)
    result = bench.clean()
    assert bench.actions(result) == {"app:prod": "keep", "app:1": "keep", "other/app:1": "keep", "app:2": "delete"}
    assert bench.names() == {"app:prod", "app:1", "other/app:1"}
    row = bench.rows(result)["app:1"]
    assert row["kept_by"] == "use" and state in row["used_by"][0]
    assert bench.api.inspect_container(container)["Config"]["Image"] == bench.name("app:prod")


def test_a_created_container_still_starts(bench: Workbench) -> None:
    """Trap 3."""
    bench.load(app(1), app(2))
    container = bench.container("app:1", "created")
    bench.clean()
    bench.api.start(container)
    assert bench.api.inspect_container(container)["State"]["Running"]


def test_a_rule_for_one_name_leaves_the_others(bench: Workbench) -> None:
    """Trap 2: a name goes, not the image below the names that were not selected."""
    bench.load(app(1, "app:old", "app:new", "elsewhere:1"))
    result = bench.clean(delete=[{"tags": "old", "repositories": bench.prefix + "/app"}])
    assert bench.names() == {"app:new", "elsewhere:1"}
    assert bench.rows(result)["app:old"]["bytes"] == 0
    assert result["summary"]["reclaimed_bytes"] == 0


def test_the_image_counts_not_the_name_it_was_started_by(bench: Workbench) -> None:
    """Trap 4: the name moved on; the container's image has no name any more and stays, the name's new image goes."""
    bench.load(app(1, "app:live"))
    first = bench.id_of("app:live")
    container = bench.container("app:live", "running")
    bench.load(app(2, "app:next"))
    bench.tag("app:next", "app:live")
    result = bench.clean()
    rows = bench.rows(result)
    assert rows["app:live"]["action"] == "delete"
    assert rows[first]["action"] == "keep" and rows[first]["kept_by"] == "use"
    assert bench.has_image(first)
    bench.api.restart(container, timeout=0)


def test_a_container_whose_removal_failed_counts(bench: Workbench) -> None:
    """Trap 3: a file of it could not be deleted; it is still there (28.5 says dead, the older ones removing), so its image
    stays."""
    bench.load(app(1), app(2))
    container = bench.container("app:1", "exited")
    stuck = Path(bench.engine["data_root"], "containers", container, "stuck")
    stuck.touch()
    _immutable(stuck, True)
    try:
        with pytest.raises(docker.errors.APIError):
            bench.api.remove_container(container)
        (found,) = bench.api.containers(all=True, filters={"id": container})
        assert found["State"] == ("dead" if bench.engine["name"] == "engine-28" else "removing")
        result = bench.clean()
        assert bench.actions(result) == {"app:1": "keep", "app:2": "delete"}
        assert found["State"] in bench.rows(result)["app:1"]["used_by"][0]
    finally:
        _immutable(stuck, False)
    bench.api.remove_container(container, force=True)
    assert bench.actions(bench.clean()) == {"app:1": "delete"}


def _immutable(path: Path, wanted: bool) -> None:
    """chattr +i and -i (FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        (flags,) = struct.unpack("l", fcntl.ioctl(handle, 0x80086601, struct.pack("l", 0)))
        fcntl.ioctl(handle, 0x40086602, struct.pack("l", flags | 0x10 if wanted else flags & ~0x10))
    finally:
        os.close(handle)


@pytest.mark.engines("engine-28")
def test_an_image_that_a_container_mounts_stays(bench: Workbench) -> None:
    """Trap 5."""
    bench.load(app(1), app(2, "data:1"))
    try:
        response = bench.api._post_json(
            bench.api._url("/containers/create"),
            data={
                "Image": bench.name("app:1"),
                "Labels": {LABEL: bench.prefix},
                "HostConfig": {
                    "NetworkMode": "none",
                    "Mounts": [{"Type": "image", "Source": bench.name("data:1"), "Target": "/data"}],
                },
            },
        )
        bench.api._raise_for_status(response)
    finally:
        result = bench.clean()
    row = bench.rows(result)["data:1"]
    assert row["action"] == "keep" and row["kept_by"] == "use"
    assert bench.names() == {"app:1", "data:1"}


def test_an_old_build_that_arrived_a_moment_ago_stays(bench: Workbench) -> None:
    """Traps 10 and 12: the age is the arrival here, not the date of the build."""
    bench.load(app(1))
    rule = {"labels": LABEL + "=" + bench.prefix, "older_than": "1h"}
    result = bench.clean(delete=[rule])
    assert bench.actions(result) == {"app:1": "keep"}
    floor = bench.clean(minimum_age="24h")
    assert bench.rows(floor)["app:1"]["kept_by"] == "minimum_age"
    asked = bench.clean(delete=[{**rule, "clock": "created"}])
    assert bench.actions(asked) == {"app:1": "delete"}


@pytest.mark.parametrize("date", ["1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_build_date_that_is_none_is_no_age(bench: Workbench, date: str) -> None:
    """Trap 13."""
    bench.load(app(1, created=date))
    result = bench.clean(delete=[{"labels": LABEL + "=" + bench.prefix, "older_than": "30d", "clock": "created"}])
    assert bench.actions(result) == {"app:1": "keep"}


def test_untagged_means_the_same_on_both_stores(bench: Workbench) -> None:
    """Trap 7, first half: an image that lost its name is untagged."""
    bench.load(app(1, "app:latest"))
    first = bench.id_of("app:latest")
    bench.load(app(2, "app:next"))
    bench.tag("app:next", "app:latest")
    result = bench.clean(delete=[{"tagged": False, "labels": LABEL + "=" + bench.prefix}])
    assert bench.rows(result)[first]["action"] == "delete"
    assert bench.rows(result)["app:latest"]["action"] == "keep"
    assert not bench.has_image(first)
    assert bench.names() == {"app:latest", "app:next"}


def test_protected_names_digests_and_repositories_stay(bench: Workbench) -> None:
    """Trap 9: what runs only now and then is named."""
    bench.load(app(1, "job:1"), app(2, "job:2"), app(3, "tool:1", "tool:2"), app(4, "by-id:1"))
    protect = [bench.name("job:2"), bench.name("tool"), bench.id_of("by-id:1")]
    result = bench.clean(protect=protect)
    assert bench.actions(result) == {
        "job:1": "delete",
        "job:2": "keep",
        "tool:1": "keep",
        "tool:2": "keep",
        "by-id:1": "keep",
    }


def test_the_second_run_changes_nothing(bench: Workbench) -> None:
    bench.load(app(1), app(2))
    checked = bench.plan()
    first = bench.clean()
    assert first["changed"] and checked["changed"]
    assert checked["plan_digest"] == first["plan_digest"]
    assert checked["summary"]["reclaimable_bytes"] == first["summary"]["reclaimed_bytes"]
    second = bench.clean()
    assert not second["changed"] and second["summary"]["to_delete"] == 0


@pytest.mark.engines("overlay2")
def test_parents_of_local_builds_go_after_their_children(bench: Workbench) -> None:
    """Traps 6 and 17: leaf first; a parent that stays needed is not removed on the quiet."""
    bench.load(app(1, "base:1"))
    for number in (1, 2):
        dockerfile = "FROM %s\nLABEL %s=%s\nENV STEP=%d\nENV LAST=%d\n" % (
            bench.name("base:1"),
            LABEL,
            bench.prefix,
            1,
            number,
        )
        build = bench.api.build(
            fileobj=__import__("io").BytesIO(dockerfile.encode()),
            tag=bench.name("child:%d" % number),
            rm=True,
            network_mode="none",
        )
        assert "Successfully tagged" in b"".join(build).decode()
    container = bench.container("child:2", "created")
    result = bench.clean()
    assert bench.names() == {"base:1", "child:2"}
    assert bench.rows(result)["base:1"]["action"] == "keep"
    assert result["summary"]["refused"] == 0
    bench.api.remove_container(container)
    again = bench.clean()
    assert bench.names() == set()
    assert again["summary"]["refused"] == again["summary"]["failed"] == 0
    assert not bench.api.images(all=True, filters={"label": LABEL + "=" + bench.prefix})


@pytest.mark.parametrize("number", [1])
def test_what_docker_image_prune_would_have_taken_is_told(bench: Workbench, number: int) -> None:
    """The near misses name the peer and who needs the image."""
    bench.load(app(1, "app:pinned"), app(2, "app:used", "app:alias"))
    bench.container("app:used", "created")
    result = bench.plan(protect=[bench.name("app:pinned")])
    told = {miss["reference"]: miss for miss in result["near_misses"]}
    assert "protect" in told[bench.name("app:pinned")]["needed_by"]
    assert "prune" in told[bench.name("app:pinned")]["peer"]


def test_a_removed_name_is_gone_not_failed(bench: Workbench) -> None:
    """Trap 11, the harmless half: somebody else was faster."""
    bench.load(app(1), app(2))

    def interfere(line: str) -> None:
        if line.startswith("deleting"):
            bench.api.remove_image(bench.name("app:1"))

    result = bench._run(True, {}, interfere)
    outcomes = {name: row["outcome"] for name, row in bench.rows(result).items()}
    assert outcomes == {"app:1": "gone", "app:2": "done"}


def test_an_image_that_came_into_use_after_the_plan_is_refused(bench: Workbench) -> None:
    """Trap 11 and S6: the containers are listed again right before the deletion."""
    bench.load(app(1, "app:1", "app:alias"), app(2))

    def interfere(line: str) -> None:
        if line.startswith("deleting"):
            bench.container("app:1", "created")

    result = bench._run(True, {}, interfere)
    rows = bench.rows(result)
    assert rows["app:1"]["outcome"] == rows["app:alias"]["outcome"] == "refused"
    assert rows["app:2"]["outcome"] == "done"
    assert bench.names() == {"app:1", "app:alias"}


def test_a_name_that_was_loaded_again_after_the_plan_is_refused(bench: Workbench) -> None:
    """S6: the name now means something else."""
    bench.load(app(1), app(2))

    def interfere(line: str) -> None:
        if line.startswith("deleting"):
            bench.load(app(3, "app:1"))

    result = bench._run(True, {}, interfere)
    assert bench.rows(result)["app:1"]["outcome"] == "refused"
    assert bench.names() == {"app:1"}


def test_a_running_build_keeps_its_base(bench: Workbench, tmp_path: object) -> None:
    """Trap 10: the build's own container uses the base while it runs."""
    bench.load(app(1, "base:1"), app(2))
    container = bench.container("base:1", "running")
    bench.clean()
    made = bench.api.commit(container, repository=bench.name("built"), tag="1", conf={"Labels": {LABEL: bench.prefix}})
    assert made["Id"]
    assert bench.names() == {"base:1", "built:1"}


def test_limits_of_a_run(bench: Workbench) -> None:
    """S15: the oldest go, the rest is deferred; refuse_above fails before the first deletion."""
    bench.load(*(app(number) for number in range(1, 6)))
    with pytest.raises(Exception, match="refuse_above: 4: the plan deletes 5 "):
        bench.clean(refuse_above=4)
    assert len(bench.names()) == 5
    result = bench.clean(max_deletions=2)
    assert result["summary"]["deleted"] == 2 and result["summary"]["deferred"] == 3
    assert len(bench.names()) == 3


def test_the_expected_plan_or_none(bench: Workbench) -> None:
    bench.load(app(1), app(2))
    digest = bench.plan()["plan_digest"]
    bench.container("app:2", "created")
    with pytest.raises(Exception, match="expect_plan: the plan is now sha256:"):
        bench.clean(expect_plan=digest)
    assert bench.names() == {"app:1", "app:2"}
    result = bench.clean(expect_plan=bench.plan()["plan_digest"])
    assert result["summary"]["deleted"] == 1


def test_the_brake_holds(bench: Workbench) -> None:
    """S9."""
    bench.load(app(1))
    (bench.folder / "hold").write_text("reason: release week\n")
    result = bench.clean()
    assert not result["changed"]
    assert bench.rows(result)["app:1"]["outcome"] == "deferred"
    assert result["hold"]["reason"] == "release week"
    assert bench.names() == {"app:1"}


def test_disk_pressure_deletes_nothing_for_nothing(bench: Workbench) -> None:
    """Trap 19: when all that may go would not be enough, nothing goes."""
    bench.load(app(1), app(2))
    result = bench.clean(pressure={"high_watermark": "1 B"}, storage_path="/")
    assert result["summary"]["target_unreachable"] and result["summary"]["deleted"] == 0
    assert bench.names() == {"app:1", "app:2"}
    calm = bench.clean(pressure={"high_watermark": "100%"}, storage_path="/")
    assert calm["summary"]["to_delete"] == 0


def test_the_base_of_nothing_is_counted_once(bench: Workbench) -> None:
    """The bytes are those of the set: shared layers once, and only when the last user goes."""
    bench.load(app(1), app(2), app(3))
    plan = bench.plan()["summary"]
    rows = bench.rows(bench.plan())
    assert plan["reclaimable_bytes"] == sum(row["bytes"] for row in rows.values())
    kept = bench.plan(protect=[bench.name("app:3")])["summary"]
    # One image less gives less than a third less, because its base stays with it.
    assert plan["reclaimable_bytes"] - kept["reclaimable_bytes"] > 1_000_000
    with pytest.raises(docker.errors.ImageNotFound):
        bench.clean()
        bench.api.inspect_image(bench.name("app:1"))
