# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scan gate between real registries: two tags, one passed, one failed, and one that was never scanned."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterator, Sequence

import pytest
import registry_content as content
from regions import WEB, Regions
from registry_pushing import push, sign
from scheduled_regions import ScheduledJob

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time

GOOD, BAD, NEVER = content.multi_platform("good"), content.simple("bad"), content.simple("never")
DAY = 86400


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path / "registries", 2) as found:
        push(found.source.address, WEB, GOOD, "1.0.0", "latest")
        push(found.source.address, WEB, BAD, "1.1.0")
        push(found.source.address, WEB, NEVER, "1.2.0")
        yield found


class Scans:
    """What scans left on the host that brings images."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def remember(
        self, age: int = 0, platforms: Sequence[str] = ("linux/amd64", "linux/arm64"), **verdicts: content.Manifest
    ) -> None:
        told = {
            image.digest: {
                platform: {
                    "at": int(time.time()) - age,
                    "status": status,
                    "scanned": iso_time(int(time.time()) - age),
                    "scanner": "trivy 0.58.1",
                    "reasons": ["critical: 1 of at most 0"] if status == "failed" else [],
                    "images": [WEB],
                }
                for platform in platforms
            }
            for status, image in verdicts.items()
        }
        (self.folder / "scans.json").write_text(json.dumps({"schema": 1, "verdicts": told}))

    def gate(self, **more: Any) -> dict[str, Any]:
        return {"scan_gate": {"state_dir": str(self.folder), **more}}


@pytest.fixture
def scans(tmp_path: Path) -> Scans:
    return Scans(tmp_path / "scans")


def test_what_passed_is_brought_and_the_rest_says_why_not(regions: Regions, scans: Scans) -> None:
    scans.remember(passed=GOOD, failed=BAD)
    regions.mark()
    result = regions.sync(**scans.gate())
    for region in regions.all:
        assert region.tags(WEB) == {"1.0.0": GOOD.digest, "latest": GOOD.digest}
    why = {row["tag"]: row["error"] for row in result["plan"] if row["action"] == "hold"}
    assert set(why) == {"1.1.0", "1.2.0"} and result["summary"]["kept_back_by_scan"] == 4
    assert why["1.1.0"].startswith("scan gate: it failed a scan by trivy 0.58.1 for linux/amd64 at ")
    assert "(critical: 1 of at most 0); rebuild it" in why["1.1.0"]
    assert why["1.2.0"].startswith("scan gate: %s was never scanned" % NEVER.digest)
    # Nothing of what stays was even read.
    stays = {blob for image in (BAD, NEVER) for blob in image.blobs}
    assert not [one for one in regions.blob_reads() if one.path.rsplit("/", 1)[-1] in stays]
    again = regions.sync(**scans.gate())
    assert not again["changed"] and again["summary"]["kept_back_by_scan"] == 4

    scans.remember(passed=BAD)
    regions.sync(**scans.gate())
    assert regions.all[0].tags(WEB)["1.1.0"] == BAD.digest and regions.broken() == []


def test_an_index_waits_for_its_platform_that_was_never_scanned(regions: Regions, scans: Scans) -> None:
    scans.remember(passed=GOOD, platforms=["linux/amd64"])
    result = regions.sync(referrers=False, **scans.gate())
    why = {row["error"] for row in result["plan"] if row["tag"] == "1.0.0"}
    assert regions.all[0].tags(WEB) == {} and len(why) == 1
    assert "%s holds an image for linux/arm64" % GOOD.digest in why.pop()
    regions.sync(referrers=False, **scans.gate(platforms=["linux/amd64"]))
    assert regions.all[0].tags(WEB) == {"1.0.0": GOOD.digest, "latest": GOOD.digest} and regions.broken() == []


def test_a_region_keeps_what_it_has_when_the_new_one_failed(regions: Regions, scans: Scans) -> None:
    scans.remember(passed=GOOD)
    regions.sync(**scans.gate())
    push(regions.source.address, WEB, BAD, "latest")
    scans.remember(passed=GOOD, failed=BAD)
    result = regions.sync(**scans.gate())
    assert [one.tags(WEB)["latest"] for one in regions.all] == [GOOD.digest] * 2
    assert {row["reason"] for row in result["plan"] if row["tag"] == "latest"} == {"points at %s" % GOOD.digest}


def test_signatures_wait_with_their_image(regions: Regions, scans: Scans) -> None:
    sign(regions.source.address, WEB, BAD)
    sign(regions.source.address, WEB, GOOD)
    scans.remember(passed=GOOD, failed=BAD)
    regions.sync(**scans.gate())
    there = regions.all[0].tags(WEB)
    assert content.cosign_tag(GOOD.digest) in there and content.cosign_tag(BAD.digest) not in there


def test_on_schedule(regions: Regions, scans: Scans, tmp_path: Path) -> None:
    scans.remember(passed=GOOD, failed=BAD, age=2 * DAY)
    with ScheduledJob(tmp_path / "sync", "sync", regions.options(**scans.gate(max_age="3d"))) as job:
        ended = job.run()
        assert ended.code == 0 and "4 kept back by the scan gate" in ended.output
        assert job.report["message"] == "4 tags are kept back by the scan gate" and job.calls == []
        assert job.metrics["imagefleet_sync_kept_back_by_scan_tags{}"] == 4
    assert regions.all[1].tags(WEB) == {"1.0.0": GOOD.digest, "latest": GOOD.digest}
    with ScheduledJob(tmp_path / "strict", "sync", regions.options(**scans.gate(max_age="1d"))) as job:
        push(regions.all[1].address, WEB, NEVER, "latest")
        assert job.run().code == 0
        assert "2d ago, which counts for 24h; scan it again" in json.dumps(job.report)
    assert regions.all[1].tags(WEB)["latest"] == NEVER.digest
