# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_drift_info between real registries: every kind of difference by its name, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from faults import RESET
from regions import WEB, Regions
from registry_disk import lay
from registry_pushing import delete_manifest, push, sign

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path, 2) as found:
        yield found


def drift(regions: Regions, **more: Any) -> dict[str, Any]:
    return run_drift(parse_sync_options(regions.options(**more)))


def statuses(result: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["region"], one["tag"], one["status"]) for one in result["drift"]}


def test_every_kind_of_difference(regions: Regions) -> None:
    index = content.multi_platform("index")
    partly = content.index(index.children[:1], annotations={"part": "one"})
    for tag in ("1.0.0", "1.1.0", "1.2.0"):
        push(regions.source.address, WEB, content.simple(tag), tag)
    push(regions.source.address, WEB, index, "2.0.0")
    regions.sync()
    assert drift(regions)["drift"] == []

    first, second = regions.all
    assert delete_manifest(first.address, WEB, content.simple("1.0.0").digest) == 202
    push(first.address, WEB, content.simple("other"), "1.1.0")
    push(first.address, WEB, content.simple("own"), "own")
    push(second.address, WEB, partly, "2.0.0")
    sign(regions.source.address, WEB, index)
    result = drift(regions)
    signature = "sha256-%s.sig" % index.digest.partition(":")[2]
    assert statuses(result) == {
        ("region-0", "1.0.0", "missing"),
        ("region-0", "1.1.0", "different"),
        ("region-0", "own", "extra"),
        ("region-0", signature, "missing_signature"),
        ("region-1", "2.0.0", "missing_platform"),
        ("region-1", signature, "missing_signature"),
    }
    assert [one["reason"] for one in result["drift"] if one["status"] == "missing_platform"] == ["it lacks linux/arm64"]
    assert result["summary"]["missing_signature"] == 2 and not result["changed"]
    figures = {one["region"]: one for one in result["regions"]}
    assert list(figures) == ["region-0", "region-1"]
    assert figures["region-0"]["missing"] == figures["region-0"]["different"] == figures["region-0"]["extra"] == 1
    assert (figures["region-0"]["tags"], figures["region-0"]["equal"]) == (5, 2)
    assert (figures["region-1"]["tags"], figures["region-1"]["equal"]) == (5, 3)
    for count in ("tags", "equal", "missing", "missing_platform", "missing_signature", "extra"):
        assert result["summary"][count] == sum(one[count] for one in result["regions"])


def test_a_region_that_does_not_answer_is_unknown_not_equal(regions: Regions) -> None:
    push(regions.source.address, WEB, content.simple("one"), "1")
    regions.sync()
    regions.faults(regions.all[1]).add(RESET)
    result = drift(regions)
    assert [(one["region"], one["tag"], one["status"]) for one in result["drift"]] == [("region-1", None, "unknown")]
    assert result["problems"]


def test_what_it_costs(regions: Regions) -> None:
    """One request for each tag at the source and in each region, and a list in each; tags that never move cost none. Once a day
    the source is asked whether it has the referrers API."""
    image = content.simple("many")
    tags = ["1.0.%d" % number for number in range(200)]
    for registry in (regions.source, *regions.all):
        lay(registry, WEB, image, *tags)
    regions.mark()
    assert drift(regions)["summary"]["requests"] == regions.count() == 3 * 200 + 3 + 1
    regions.mark()
    assert drift(regions)["summary"]["requests"] == regions.count() == 3 * 200 + 3
    regions.mark()
    result = drift(regions, immutable_tags="*")
    assert result["drift"] == [] and regions.count() == 3
    # What is only looked up in a list counts as well.
    assert [(one["tags"], one["equal"]) for one in result["regions"]] == [(200, 200)] * 2
    assert result["summary"]["tags"] == result["summary"]["equal"] == 400
