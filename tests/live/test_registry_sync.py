# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync between real registries: what it costs, what arrives, and in which order tags move."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from archive import Layer
from faults import RESET
from plain_http import digest
from regions import WEB, Regions
from registry_disk import lay
from registry_pushing import attach, list_tags, push, retag, sign
from whole import pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path) as found:
        yield found


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Regions]:
    """A single region."""
    with Regions(tmp_path, 1) as found:
        yield found


def releases(regions: Regions, count: int, repository: str = WEB) -> list[content.Manifest]:
    found = [content.multi_platform("%s-%d" % (repository, number)) for number in range(count)]
    for number, manifest in enumerate(found):
        lay(regions.source, repository, manifest, "1.%d.0" % number)
    return found


def test_what_a_first_and_a_second_run_cost(one: Regions) -> None:
    """At most 30 requests per tag of two platforms, then one HEAD on each side and one list."""
    releases(one, 30)
    one.mark()
    first = one.sync()
    assert first["summary"]["copied"] == 30 and first["changed"]
    assert first["summary"]["requests"] == one.count() <= 30 * 30
    one.mark()
    second = one.sync()
    assert not second["changed"] and second["plan"] == []
    assert second["summary"]["requests"] == one.count() == 2 * 30 + 1
    one.mark()
    fixed = one.sync(immutable_tags=["1.*"])
    assert not fixed["changed"] and one.count() == 2, "the two lists"
    assert not one.broken()


def test_a_thousand_tags(one: Regions) -> None:
    image = content.simple("thousand")
    tags = ["1.%d.%d" % (number // 50, number % 50) for number in range(1000)]
    for registry in (one.source, *one.all):
        lay(registry, WEB, image, *tags)
    one.mark()
    assert one.sync()["summary"]["unchanged"] == 1000
    assert one.count() <= 2010


def test_images_that_have_tags_of_their_own_beside_their_indexes(one: Regions) -> None:
    """The registry takes a good index for damaged when it is just writing down, for another tag, that it has an image of it."""
    images = [content.simple("part-%d" % number) for number in range(30)]
    for number, image in enumerate(images):
        lay(one.source, WEB, image, "1.%d.0" % number)
        lay(one.source, WEB, content.index(images, annotations={"of": str(number)}), "2.%d.0" % number)
    assert one.sync()["summary"]["copied"] == 60
    assert one.all[0].tags(WEB) == one.source.tags(WEB) and not one.broken()


def test_every_blob_is_read_once_for_three_regions(regions: Regions) -> None:
    built = releases(regions, 8)
    blobs = {digest(blob) for index in built for image in index.children for blob in image.blobs}
    regions.mark()
    done = regions.sync()
    assert done["summary"]["copied"] == 24 and done["summary"]["blobs"] == len(blobs)
    reads = regions.blob_reads()
    assert len(reads) == len(blobs) and done["summary"]["bytes"] == sum(read.size for read in reads)
    assert done["summary"]["bytes_sent"] == 3 * done["summary"]["bytes"]
    assert not regions.broken()
    for region in regions.all:
        assert region.tags(WEB) == regions.source.tags(WEB)


def test_check_mode_shows_the_plan_that_is_carried_out(regions: Regions) -> None:
    releases(regions, 2)
    planned = regions.sync(apply=False)
    assert planned["changed"] and {row["outcome"] for row in planned["plan"]} == {"planned"}
    assert [region.repositories() for region in regions.all] == [[], [], []]
    done = regions.sync()
    assert done["plan_digest"] == planned["plan_digest"] and {row["outcome"] for row in done["plan"]} == {"done"}


def test_moving_tags_move_when_every_region_holds_what_they_point_at(regions: Regions) -> None:
    old, new = releases(regions, 2)
    retag(regions.source.address, WEB, "1.0.0", "latest")
    regions.sync()
    retag(regions.source.address, WEB, "1.1.0", "latest", "1")
    regions.faults(regions.all[1]).add(RESET)
    with pytest.raises(PartialFailure) as failed:
        regions.sync()
    result = failed.value.result
    assert any("region-1" in problem for problem in result["problems"])
    assert {row["outcome"] for row in result["plan"] if row["tag"] in ("latest", "1")} == {"deferred"}
    assert {region.tags(WEB)["latest"] for region in regions.all} == {old.digest}
    with pytest.raises(PartialFailure):
        regions.sync(floating_scope="region")
    moved = [region.tags(WEB)["latest"] for region in regions.all]
    assert moved == [new.digest, old.digest, new.digest]
    regions.heal()
    back = regions.sync()
    assert {region.tags(WEB)["latest"] for region in regions.all} == {new.digest}
    assert [(one["region"], one["digest"]) for one in back["previous_digests"]] == [("region-1", old.digest)]


def test_signatures_and_referrers_go_along_and_come_after(one: Regions) -> None:
    (index,) = releases(one, 1)
    sign(one.source.address, WEB, index)
    attach(one.source.address, WEB, content.referrer(index.children[0]))
    one.sync()
    assert one.all[0].tags(WEB) == one.source.tags(WEB)
    assert not pulls_whole(one.all[0].address, WEB, "1.0.0", attached=True)
    # A signature that comes later is noticed although the image has not changed.
    sign(one.source.address, WEB, index.children[1])
    assert one.sync()["summary"]["copied"] == 1
    assert one.all[0].tags(WEB) == one.source.tags(WEB)
    assert one.sync(referrers=False)["plan"] == []


def test_some_platforms_make_a_valid_index(one: Regions) -> None:
    index = content.multi_platform("all", ("linux/amd64", "linux/arm64", "linux/arm/v7"), attested=True)
    push(one.source.address, WEB, index, "1.0.0")
    orders = [{"name": WEB, "platforms": ["linux/amd64", "linux/arm64"]}]
    one.sync(repositories=orders)
    (held,) = set(one.all[0].tags(WEB).values())
    assert held != index.digest and not one.broken()
    assert len(one.all[0].manifests(WEB)) == 1 + 2 + 2, "the index, two images, their attestations"
    again = one.sync(repositories=orders)
    assert not again["changed"] and again["plan"] == []


def test_names_and_versions_are_chosen(one: Regions) -> None:
    for tag in ("1.0.0", "1.9.3", "2.0.0", "2.1.0-rc.1", "2.1.0", "3.0.0", "latest"):
        push(one.source.address, WEB, content.simple(tag), tag)
    one.sync(repositories=[{"name": WEB, "tags": ["semver:>=1.5 <3", "latest"], "to": "mirror/{name}"}])
    assert sorted(list_tags(one.all[0].address, "mirror/" + WEB)) == ["1.9.3", "2.0.0", "2.1.0", "latest"]


def test_what_a_region_has_elsewhere_is_not_sent(one: Regions) -> None:
    shared = content.image([Layer("shared", 300_000)], note="first")
    push(one.source.address, "shop/a", shared, "1")
    push(one.source.address, "shop/b", content.image([Layer("shared", 300_000)], note="second"), "1")
    done = one.sync(repositories=[{"name": "shop/*"}])
    assert done["summary"]["mounted"] == 1 and done["summary"]["bytes"] < 400_000
    assert not one.broken("shop/a") and not one.broken("shop/b")
