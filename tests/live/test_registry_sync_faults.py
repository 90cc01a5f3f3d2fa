# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync over bad lines: all that can be brought is brought, nothing corrupt gets a tag, and nothing is read twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from archive import Layer
from faults import FLIP, LOSE, RESET, TRUNCATE, Fault, refuse
from lab.commands import wait_until
from plain_http import digest
from regions import WEB, Regions
from registry_disk import lay
from registry_pushing import push
from whole import pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure

BIG = 5_000_000
RUN = """
import json, sys
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync
run_sync(parse_sync_options(json.loads(sys.argv[1])), True)
"""


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path, 2) as found:
        yield found


def releases(regions: Regions, count: int) -> None:
    for number in range(count):
        lay(regions.source, WEB, content.multi_platform("f-%d" % number), "1.%d.0" % number)


def big(seed: str) -> content.Manifest:
    return content.image([Layer(seed, BIG)], note=seed)


PASSING = {
    "too many": (refuse(429, Retry_After="0"), ".*", ""),
    "server error": (refuse(503), ".*", ""),
    "reset": (RESET, ".*", ""),
    "lost answers": (LOSE, "PUT|POST", ""),
    "cut in half": (TRUNCATE, "GET", "/blobs/"),
    "one flipped byte": (FLIP, "GET", "/blobs/"),
}


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("side", ["source", "region"])
def test_what_passes_is_brought_all_the_same(regions: Regions, name: str, side: str) -> None:
    fault, method, path = PASSING[name]
    releases(regions, 6)
    push(regions.source.address, WEB, big("passing"), "big")
    faults = regions.faults(regions.source if side == "source" else regions.all[0])
    faults.add(fault, method, path, every=5)
    done = regions.sync()
    if side == "source" and name != "lost answers":
        assert faults.injected > 3
    assert done["summary"]["failed"] == 0 and done["summary"]["copied"] == 14
    assert not regions.broken()
    assert [region.tags(WEB) for region in regions.all] == [regions.source.tags(WEB)] * 2


def test_what_is_corrupt_for_good_gets_no_tag(regions: Regions) -> None:
    releases(regions, 3)
    bad = big("corrupt")
    push(regions.source.address, WEB, bad, "bad")
    regions.faults(regions.source).add(FLIP, "GET", "/blobs/" + digest(bad.blobs[-1]))
    with pytest.raises(PartialFailure) as failed:
        regions.sync()
    rows = {(row["region"], row["tag"]): row["outcome"] for row in failed.value.result["plan"]}
    assert {outcome for (_region, tag), outcome in rows.items() if tag == "bad"} == {"failed"}
    assert {outcome for (_region, tag), outcome in rows.items() if tag != "bad"} == {"done"}
    for region in regions.all:
        assert "bad" not in region.tags(WEB) and digest(bad.blobs[-1]) not in region.blobs()
    assert not regions.broken()


def test_a_region_that_is_full(regions: Regions) -> None:
    releases(regions, 3)
    regions.faults(regions.all[0]).add(refuse(507), "PUT", "/blobs/uploads/")
    with pytest.raises(PartialFailure) as failed:
        regions.sync()
    assert {row["region"] for row in failed.value.result["plan"] if row["outcome"] == "failed"} == {"region-0"}
    assert regions.all[0].tags(WEB) == {} and regions.all[1].tags(WEB) == regions.source.tags(WEB)
    regions.heal()
    assert regions.sync()["summary"]["copied"] == 3
    assert not regions.broken()


def test_a_broken_line_is_taken_up_where_it_broke(regions: Regions) -> None:
    image = big("resumed")
    push(regions.source.address, WEB, image, "1")
    path = "/blobs/" + digest(image.blobs[-1])
    regions.faults(regions.source).add(TRUNCATE, "GET", path, times=1)
    regions.mark()
    done = regions.sync()
    reads = [read for read in regions.blob_reads() if path in read.path]
    assert [read.status for read in reads] == [200, 206]
    assert done["summary"]["bytes"] == sum(map(len, image.blobs)), "what had come was not read again"
    assert not regions.broken()


def test_a_slow_region_does_not_hold_the_others(regions: Regions) -> None:
    """It is finished alone, when the others are done."""
    image = content.image([Layer("slow", 4 * BIG)], note="slow")
    push(regions.source.address, WEB, image, "1")
    gate = threading.Event()
    regions.faults(regions.all[0]).add(Fault(held=gate), "PUT", "/blobs/uploads/", times=1)
    other = regions.all[1]
    big_blob = digest(image.blobs[-1])
    opener = threading.Thread(
        target=lambda: (wait_until("the other region", lambda: big_blob in other.blobs()), gate.set())
    )
    opener.start()
    done = regions.sync()
    opener.join()
    assert done["summary"]["copied"] == 2 and not regions.broken()
    assert done["summary"]["blobs"] == len(image.blobs)


def test_a_killed_run_is_continued(regions: Regions) -> None:
    """Blobs that have arrived are not read again."""
    releases(regions, 6)
    gate = threading.Event()
    regions.faults(regions.source).add(Fault(held=gate), "GET", "/blobs/", every=12, times=1)
    options = regions.options()
    options["source"]["concurrency"] = 1
    run = subprocess.Popen([sys.executable, "-c", RUN, json.dumps(options)])
    wait_until("the middle of it", lambda: regions.faults(regions.source).injected == 1)
    wait_until("what came before", lambda: len(regions.all[0].blobs()) >= 11 and len(regions.all[1].blobs()) >= 11)
    run.kill()
    run.wait()
    gate.set()
    arrived = set(regions.all[0].blobs()) & set(regions.all[1].blobs())
    regions.mark()
    done = regions.sync()
    assert done["summary"]["copied"] == 12 and not regions.broken()
    read = {one.path.rpartition("/")[2] for one in regions.blob_reads()}
    assert read and not read & arrived
    assert not pulls_whole(regions.all[0].address, WEB, "1.5.0")
