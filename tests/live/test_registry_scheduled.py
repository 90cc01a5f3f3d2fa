# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled sync and drift between real registries: what is found, told, mended and left behind."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import registry_content as content
from faults import RESET, Fault
from lab.commands import wait_until
from regions import WEB, Regions
from registry_pushing import push
from scheduled_regions import ScheduledJob, finish

Scheduled = Callable[..., ScheduledJob]
OLD, NEW = content.simple("old"), content.simple("new")


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path / "registries", 2) as found:
        yield found


@pytest.fixture
def scheduled(tmp_path: Path, regions: Regions) -> Iterator[Scheduled]:
    """A job of these regions, by its command."""
    with ExitStack() as stack:

        def make(command: str, options: dict[str, Any] | None = None, **wanted: Any) -> ScheduledJob:
            place = tmp_path / ("%s-%d" % (command, len(list(tmp_path.iterdir()))))
            given = regions.options() if options is None else options
            for one in (given["source"], *given["destinations"]):
                one["retries"] = 0  # a fault of these tests stays, whatever is tried again
            return stack.enter_context(ScheduledJob(place, command, given, **wanted))

        yield make


def test_a_difference_is_found_told_and_mended(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1.0.0", "latest")
    drift, sync = scheduled("drift"), scheduled("sync")
    assert sync.run().code == 0 and drift.run().code == 0 and drift.calls == sync.calls == []
    assert drift.report["result"]["summary"]["equal"] == 4

    push(regions.source.address, WEB, NEW, "latest")
    push(regions.all[1].address, WEB, NEW, "latest")
    ended = drift.run()
    assert ended.code == 11 and "1 tags differ in region-0" in ended.errors
    at_a_glance = [line.split()[:3] for line in ended.output.splitlines()[2:4]]
    assert at_a_glance == [["region-0", "BEHIND", "1"], ["region-1", "equal", "2"]]
    assert drift.calls == ["drift"]
    assert drift.told["result"]["drift"] == drift.report["result"]["drift"]
    (entry,) = drift.told["result"]["drift"]
    assert (entry["region"], entry["tag"], entry["status"]) == ("region-0", "latest", "different")
    assert entry["runs"] == 1 and entry["since"] <= drift.report["finished"]
    samples = drift.metrics
    assert samples['imagefleet_drift_tags{region="region-0",status="different"}'] == 1
    assert samples['imagefleet_drift_tags{region="region-1",status="equal"}'] == 2
    assert samples["imagefleet_drift_exit_code{}"] == 11 and samples["imagefleet_drift_notify_failed{}"] == 0

    assert sync.run().code == 0
    samples = sync.metrics
    assert samples['imagefleet_sync_tags{region="region-0",result="done"}'] == 1
    assert samples['imagefleet_sync_tags{region="region-1",result="done"}'] == 0
    assert drift.run().code == 0 and drift.calls == ["drift"]
    assert drift.metrics['imagefleet_drift_behind_seconds{region="region-0"}'] == 0
    assert regions.all[0].tags(WEB) == regions.source.tags(WEB) and regions.broken() == []


def test_a_dry_run_leaves_registries_and_files_alone(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1")
    sync, drift = scheduled("sync"), scheduled("drift")
    regions.mark()
    ended = sync.run("--dry-run")
    assert ended.code == 0 and "region-1  shop/web    1    copy    planned  missing" in ended.output
    assert drift.run("--dry-run").code == 11
    asked = [one for registry in (regions.source, *regions.all) for one in registry.requests()]
    assert asked and {one.method for one in asked} <= {"GET", "HEAD"}
    assert sync.left() == drift.left() == ""


def test_a_region_that_is_down_is_told_and_costs_the_other_nothing(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1.0.0")
    regions.faults(regions.all[1]).add(RESET)
    sync, drift = scheduled("sync"), scheduled("drift")
    ended = sync.run()
    assert ended.code == 3 and "region region-1" in ended.errors
    assert regions.all[0].tags(WEB) == regions.source.tags(WEB)
    assert sync.told["exit_code"] == 3 and "region-1" in sync.told["message"]
    ended = drift.run()
    assert ended.code == 3 and drift.told["exit_code"] == 3
    assert drift.metrics['imagefleet_drift_tags{region="region-1",status="unknown"}'] == 1
    assert [line.split()[:2] for line in ended.output.splitlines()[2:4]] == [
        ["region-1", "UNKNOWN"],
        ["region-0", "equal"],
    ]
    regions.heal()
    assert (sync.run().code, drift.run().code, len(sync.calls), len(drift.calls)) == (0, 0, 1, 1)
    assert sync.report["troubled_runs"] == 0


def test_a_source_that_is_down_keeps_the_last_result(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1")
    drift = scheduled("drift", notify_after=2)
    assert drift.run().code == 11 and drift.calls == []
    regions.faults(regions.source).add(RESET)
    assert drift.run().code == 7 and drift.calls == ["drift"]
    assert drift.told["result"] is None and len(drift.told["last_with_result"]["result"]["drift"]) == 2
    regions.heal()
    # The check in between saw nothing, so it does not end what lasts.
    assert drift.run().code == 11 and {one["runs"] for one in drift.report["result"]["drift"]} == {2}


def test_pushes_under_way_are_not_told_but_what_is_stuck_is(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "stuck")
    drift, sync = scheduled("drift", notify_after=2), scheduled("sync")
    sync.run()
    for number in range(3):
        push(regions.source.address, WEB, content.simple(str(number)), str(number))
        assert drift.run().code == 11 and drift.calls == []
        assert sync.run().code == 0
    push(regions.all[0].address, WEB, NEW, "stuck")
    assert drift.run().code == 11 and drift.calls == []
    assert drift.run().code == 11 and drift.calls == ["drift"]
    assert [(one["region"], one["tag"], one["runs"]) for one in drift.told["result"]["drift"]] == [
        ("region-0", "stuck", 2)
    ]


def test_two_runs_of_one_configuration_keep_apart(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1")
    sync, hold = scheduled("sync"), threading.Event()
    faults = regions.faults(regions.source)
    faults.add(Fault(held=hold), method="GET", path="/blobs/")
    first = sync.start()
    try:
        wait_until("the first run reads a blob", lambda: faults.injected > 0)
        second = sync.run()
    finally:
        hold.set()
    assert second.code == 6 and "another run of the same configuration is at work" in second.errors
    assert finish(first).code == 0 and sync.calls == [] and sync.report["exit_code"] == 0


def test_shares_bring_everything_exactly_once(regions: Regions, scheduled: Scheduled) -> None:
    names = ["shop/app-%d" % number for number in range(12)]
    for name in names:
        push(regions.source.address, name, content.simple(name), "1.0.0", "latest")
    jobs = []
    for share in ("1/3", "2/3", "3/3"):
        options = regions.options(repositories=["shop/**"], shard=share)
        options["source"]["cache_dir"] += share[0]
        jobs.append(scheduled("sync", options))
    regions.mark()
    assert [finish(process).code for process in [job.start() for job in jobs]] == [0, 0, 0]
    shares = [{row["repository"] for row in job.report["result"]["plan"]} for job in jobs]
    assert sorted(name for share in shares for name in share) == sorted(names) and all(shares)
    for region in regions.all:
        puts = [
            one.path
            for one in region.requests()
            if one.method == "PUT" and "/manifests/" in one.path and ":" not in one.path
        ]
        assert sorted(puts) == sorted(
            "/v2/%s/manifests/%s" % (name, tag) for name in names for tag in ("1.0.0", "latest")
        )
        assert {name: region.tags(name) for name in names} == {name: regions.source.tags(name) for name in names}
    reads = [one.path for one in regions.blob_reads()]
    assert len(reads) == len(set(reads)) > 0
    assert [problem for name in names for problem in regions.broken(name)] == []


def test_credentials_are_nowhere_but_in_the_configuration(regions: Regions, scheduled: Scheduled) -> None:
    push(regions.source.address, WEB, OLD, "1")
    options = regions.options()
    for place in (options["source"], *options["destinations"]):
        place.update(username="somebody", password="hunter2-everywhere")
    said = ""
    for command in ("drift", "sync"):
        job = scheduled(command, options)
        process = job.start()
        ended = finish(process)
        said += ended.output + ended.errors + job.left() + " ".join(map(str, process.args))
    assert "shop/web" in said and "hunter2" not in said
