# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What refers to an image is listed in a region however that region lists it: by the referrers API, or under fallback tags.

A registry with the API cannot be had here; the stand-in speaks it. Those without it are real.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, Union

import pytest
import registry_content as content
from own_registry import OwnRegistry
from plain_http import call
from registry_content import Manifest
from registry_pushing import attach, head_manifest, list_tags, push, read_manifest
from stand_in_registry import StandInRegistry
from whole import pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync

WEB = "shop/web"
Kind = Union[OwnRegistry, StandInRegistry]
API, TAGS = "api", "tags"
WAYS = [(API, TAGS), (TAGS, API), (API, API), (TAGS, TAGS)]


def registry_of(kind: str, folder: Path) -> Kind:
    # Two on a page: longer lists come in several.
    return StandInRegistry(page_size=2) if kind == API else OwnRegistry(folder)


class Pair:
    """A source and a region."""

    def __init__(self, source: Kind, region: Kind, folder: Path) -> None:
        self.source = source
        self.region = region
        self._folder = folder

    def options(self, **more: Any) -> dict[str, Any]:
        def access(registry: Kind, name: str) -> dict[str, Any]:
            return {"registry": registry.address, "insecure": True, "cache_dir": str(self._folder / name)}

        return {
            "source": access(self.source, "cache"),
            "destinations": [{"name": "eu", **access(self.region, "cache-eu")}],
            "repositories": [WEB],
            "state_dir": str(self._folder / "state"),
            **more,
        }

    def sync(self, apply: bool = True, **more: Any) -> dict[str, Any]:
        return run_sync(parse_sync_options(self.options(**more)), apply)

    def drift(self) -> list[tuple[str, str]]:
        told = run_drift(parse_sync_options(self.options()))
        return sorted((one["tag"], one["status"]) for one in told["drift"])


@pytest.fixture(params=WAYS, ids=["-to-".join(way) for way in WAYS])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    kinds = zip(request.param, ("source", "eu"))
    source, region = (registry_of(kind, tmp_path / name) for kind, name in kinds)
    with source, region:
        yield Pair(source, region, tmp_path)


def refer(registry: Kind, referrer: Manifest) -> None:
    """As clients do: where there is the API, nothing but the manifest itself is pushed."""
    if isinstance(registry, StandInRegistry):
        push(registry.address, WEB, referrer)
    else:
        attach(registry.address, WEB, referrer)


def listed(registry: Kind, subject: Manifest) -> set[tuple[str, int, str]]:
    """Digest, size and kind of all that a client finds."""
    target = "/v2/%s/referrers/%s" % (WEB, subject.digest)
    found: list[dict[str, Any]] = []
    if isinstance(registry, OwnRegistry):
        if head_manifest(registry.address, WEB, content.fallback_tag(subject.digest))[0] == 200:
            body = read_manifest(registry.address, WEB, content.fallback_tag(subject.digest)).body
            found = json.loads(body)["manifests"]
        target = ""
    while target:
        answer = call(registry.address, "GET", target)
        assert answer.status == 200
        found += json.loads(answer.body)["manifests"]
        link = answer.headers.get("link", "")
        target = link[1 : link.index(">")] if link else ""
    assert len({one["digest"] for one in found}) == len(found)
    return {(one["digest"], one["size"], one["artifactType"]) for one in found}


def told(*referrers: Manifest) -> set[tuple[str, int, str]]:
    return {(one.digest, len(one.body), one.artifact_type) for one in referrers}


def release(pair: Pair) -> Manifest:
    found = content.multi_platform("referred")
    push(pair.source.address, WEB, found, "1.0.0")
    return found


def check(pair: Pair, subject: Manifest, *referrers: Manifest) -> None:
    assert listed(pair.region, subject) == told(*referrers)
    for one in referrers:
        assert pulls_whole(pair.region.address, WEB, one.digest) == []


def test_all_that_refers_is_listed_in_the_region(pair: Pair) -> None:
    """To the index, to one of its images, and more of it than there is on a page."""
    index = release(pair)
    of_index = [content.referrer(index, kind, seed) for kind in (content.SBOM, content.IN_TOTO) for seed in "ab"]
    of_image = content.referrer(index.children[0])
    for one in (*of_index, of_image):
        refer(pair.source, one)
    planned = pair.sync(apply=False)
    done = pair.sync()
    assert done["changed"] and done["plan_digest"] == planned["plan_digest"]
    check(pair, index, *of_index)
    check(pair, index.children[0], of_image)
    check(pair, index.children[1])
    assert pair.drift() == []
    again = pair.sync()
    assert not again["changed"] and again["plan"] == []


def test_what_refers_to_a_referrer_comes_along(pair: Pair) -> None:
    """A bill of materials is signed itself, and that signature is witnessed."""
    index = release(pair)
    bill = content.referrer(index)
    signature = content.referrer(bill, "application/vnd.signature")
    witness = content.referrer(signature, "application/vnd.witness")
    for one in (bill, signature, witness):
        refer(pair.source, one)
    pair.sync()
    check(pair, index, bill)
    check(pair, bill, signature)
    check(pair, signature, witness)
    assert pair.drift() == [] and not pair.sync()["changed"]


def test_what_comes_later_is_added_to_what_the_region_has_of_its_own(pair: Pair) -> None:
    index = release(pair)
    first, second = (content.referrer(index, seed=seed) for seed in ("first", "second"))
    refer(pair.source, first)
    pair.sync()
    own = content.referrer(index, content.IN_TOTO, "of the region")
    refer(pair.region, own)
    assert not pair.sync()["changed"]
    refer(pair.source, second)
    assert [status for _tag, status in pair.drift()] == ["missing_signature"]
    assert pair.sync()["changed"]
    check(pair, index, first, own, second)
    assert listed(pair.source, index) == told(first, second)
    assert pair.drift() == [] and not pair.sync()["changed"]


def test_none_comes_along_that_is_not_wanted(pair: Pair) -> None:
    index = release(pair)
    refer(pair.source, content.referrer(index))
    pair.sync(referrers=False)
    assert listed(pair.region, index) == set() and list_tags(pair.region.address, WEB) == ["1.0.0"]
    assert [status for _tag, status in pair.drift()] == ["missing_signature"]


@pytest.mark.parametrize("kind", [API, TAGS])
def test_a_source_that_got_the_api_lists_what_came_since_and_its_older_tag(tmp_path: Path, kind: str) -> None:
    """A tag that is there from the time before hides nothing."""
    source, region = StandInRegistry(referrers_api=False), registry_of(kind, tmp_path / "eu")
    with source, region:
        pair = Pair(source, region, tmp_path)
        index = release(pair)
        before, since = (content.referrer(index, seed=seed) for seed in ("before", "since"))
        attach(source.address, WEB, before)
        source.habits.referrers_api = True
        refer(source, since)
        pair.sync()
        check(pair, index, before, since)
        assert pair.drift() == [] and not pair.sync()["changed"]
