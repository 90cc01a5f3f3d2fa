# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs together goes together and stays together: shared digests, signatures, referrers, indexes of indexes."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from crane_registry import CraneRegistry
from janitor import WEB, by_name, outcomes, tidy
from own_registry import OwnRegistry
from registry_content import Manifest
from registry_disk import lay
from registry_pushing import attach, head_manifest, list_tags, push, read_manifest, sign
from stand_in_registry import StandInRegistry
from whole import all_whole, attached_to, orphans, pulls_whole


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as found:
        yield found


@pytest.fixture
def crane(tmp_path: Path) -> Iterator[CraneRegistry]:
    with CraneRegistry(tmp_path) as found:
        yield found


def version(seed: str, *more: Manifest) -> Manifest:
    """Two platforms of their own, and whatever else the index lists."""
    own = content.multi_platform(seed)
    return content.index([*own.children, *more], annotations={"build": seed})


def check(registry: OwnRegistry, kept: set[str], manifests: int) -> None:
    assert {tag for tag in registry.tags(WEB) if not tag.startswith("sha256-")} == kept
    assert len(registry.manifests(WEB)) == manifests
    assert all_whole(registry.address, WEB) == []
    assert orphans(registry.address, WEB) == []


def test_a_digest_with_a_tag_that_stays_is_not_deleted(registry: OwnRegistry, tmp_path: Path) -> None:
    lay(registry, WEB, version("one"), "1.0.0", "production")
    lay(registry, WEB, version("two"), "2.0.0")
    done = tidy(tmp_path, registry.address, keep=[{"tags": "production"}])
    assert outcomes(done) == {"1.0.0": "keep", "production": "keep", "2.0.0": "done"}
    row = by_name(done)["1.0.0"]
    assert row["kept_by"] == "shared"
    assert "its manifest is also that of production, which stays" in row["reason"]
    assert "this registry cannot delete a tag alone" in row["reason"]
    check(registry, {"1.0.0", "production"}, 3)


def test_where_tags_can_be_deleted_the_tag_alone_goes(crane: CraneRegistry, tmp_path: Path) -> None:
    shared = version("one")
    push(crane.address, WEB, shared, "1.0.0", "production")
    other = push(crane.address, WEB, version("two"), "2.0.0", "2.0", "two")
    planned = tidy(tmp_path, crane.address, apply=False, keep=[{"tags": "production"}])
    done = tidy(tmp_path, crane.address, keep=[{"tags": "production"}])
    assert outcomes(done) == {"1.0.0": "done", "production": "keep", "2.0.0": "done", "2.0": "done", "two": "done"}
    assert planned["plan_digest"] == done["plan_digest"]
    assert "the tag alone goes" in by_name(done)["1.0.0"]["reason"] and by_name(done)["1.0.0"]["bytes"] == 0
    assert list_tags(crane.address, WEB) == ["production"]
    assert head_manifest(crane.address, WEB, other)[0] == 404
    assert pulls_whole(crane.address, WEB, "production") == []
    assert not tidy(tmp_path, crane.address, keep=[{"tags": "production"}])["changed"]


def test_several_tags_of_one_digest_go_at_once(registry: OwnRegistry, tmp_path: Path) -> None:
    lay(registry, WEB, version("one"), "1.0.0", "first", "oldest")
    lay(registry, WEB, version("two"), "2.0.0")
    done = tidy(tmp_path, registry.address, keep=[{"newest": 1, "tags": "2.*"}])
    assert sorted(outcomes(done)) == ["1.0.0", "2.0.0", "first", "oldest"]
    assert [bool(by_name(done)[tag]["bytes"]) for tag in ("1.0.0", "first", "oldest")].count(True) == 1
    check(registry, {"2.0.0"}, 3)


def test_children_that_others_share_stay(registry: OwnRegistry, tmp_path: Path) -> None:
    base = content.simple("base")
    lay(registry, WEB, version("one", base), "1.0.0")
    lay(registry, WEB, version("two", base), "2.0.0")
    lay(registry, WEB, version("three"), "3.0.0")
    lay(registry, WEB, base, "base")
    done = tidy(tmp_path, registry.address, keep=[{"tags": ["2.0.0", "3.0.0"]}])
    # The rules would delete `base`, but its manifest is part of what stays.
    assert by_name(done)["base"]["reason"].startswith("its manifest is part of 2.0.0, which stays")
    check(registry, {"2.0.0", "3.0.0", "base"}, 7)
    # With the last that holds it, it goes.
    tidy(tmp_path, registry.address, keep=[{"tags": ["3.0.0"]}])
    check(registry, {"3.0.0"}, 3)


def test_children_shared_by_all_that_goes_go_last(registry: OwnRegistry, tmp_path: Path) -> None:
    base = content.simple("base")
    for number in range(12):
        lay(registry, WEB, version(str(number), base), "1.%d.0" % number)
    lay(registry, WEB, version("stays"), "2.0.0")
    lay(registry, WEB, base, "base")
    before = registry.blob_bytes()
    done = tidy(tmp_path, registry.address, keep=[{"newest": 1, "tags": "2.*"}])
    assert {row["outcome"] for row in done["plan"]} == {"done", None}
    check(registry, {"2.0.0"}, 3)
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"]


def test_signatures_and_referrers_follow(registry: OwnRegistry, tmp_path: Path) -> None:
    going, staying = version("one"), version("two")
    for tag, manifest in (("1.0.0", going), ("2.0.0", staying)):
        push(registry.address, WEB, manifest, tag)
        sign(registry.address, WEB, manifest, "sig", "att", "sbom")
        sign(registry.address, WEB, manifest.children[0])
        first = content.referrer(manifest)
        both = (first, content.referrer(manifest, content.IN_TOTO))
        push(registry.address, WEB, content.fallback_index(both), content.fallback_tag(manifest.digest))
        # A referrer of a referrer, a signature of one, and one that no fallback tag names.
        attach(registry.address, WEB, content.referrer(first, seed="deep"))
        sign(registry.address, WEB, first)
        attach(registry.address, WEB, content.referrer(manifest.children[1]))
    before = registry.manifests(WEB)
    done = tidy(tmp_path, registry.address, keep=[{"newest": 1}])
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"}
    assert {row["kind"] for row in done["plan"]} == {"tag", "part", "attachment"}
    check(registry, {"2.0.0"}, len(before) // 2)
    assert len(attached_to(registry.address, WEB, staying.digest)) == 4
    assert pulls_whole(registry.address, WEB, "2.0.0", attached=True) == []
    assert not tidy(tmp_path, registry.address, keep=[{"newest": 1}])["changed"]


@pytest.mark.parametrize("rule", [{"repositories": "**"}, {"tags": "*.*.*"}])
def test_outdated_lists_of_referrers_hold_nothing(registry: OwnRegistry, tmp_path: Path, rule: dict[str, str]) -> None:
    manifest = version("one")
    push(registry.address, WEB, manifest, "1.0.0")
    for number in range(3):
        # Each leaves the list before it without a tag, and a run in between remembers that.
        attach(registry.address, WEB, content.referrer(manifest, seed=str(number)))
        assert not tidy(tmp_path, registry.address, keep=[{"newest": 1}], delete=[rule])["changed"]
    push(registry.address, WEB, version("two"), "2.0.0")
    done = tidy(tmp_path, registry.address, keep=[{"newest": 1}], delete=[rule])
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"}
    check(registry, {"2.0.0"}, 3)


def test_signatures_follow_where_tags_outlive_their_digest(crane: CraneRegistry, tmp_path: Path) -> None:
    going, staying = version("one"), version("two")
    for tag, manifest in (("1.0.0", going), ("2.0.0", staying)):
        push(crane.address, WEB, manifest, tag)
        sign(crane.address, WEB, manifest, "sig", "att")
        attach(crane.address, WEB, content.referrer(manifest))
    done = tidy(tmp_path, crane.address, keep=[{"newest": 1}])
    assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"}
    assert orphans(crane.address, WEB) == [] and all_whole(crane.address, WEB) == []
    assert sorted(list_tags(crane.address, WEB)) == sorted(["2.0.0", *attached_to(crane.address, WEB, staying.digest)])


def test_the_referrers_api_is_asked(tmp_path: Path) -> None:
    with StandInRegistry() as stand_in:
        held = stand_in.content
        for seed, tag in (("one", "1.0.0"), ("two", "2.0.0")):
            manifest = version(seed)
            held.put(WEB, manifest, tag)
            referrer = content.referrer(manifest)
            held.put(WEB, referrer)
            held.put(WEB, content.referrer(referrer, seed="of a referrer"))
        done = tidy(tmp_path, stand_in.address, keep=[{"newest": 1}])
        assert outcomes(done) == {"1.0.0": "done", "2.0.0": "keep"}
        assert len(held.repositories[WEB].manifests) == 5


def test_a_registry_that_refuses_what_is_still_listed(tmp_path: Path) -> None:
    with StandInRegistry(refuses_dangling=True) as stand_in:
        base = content.simple("base")
        for seed, tag in (("one", "1.0.0"), ("two", "2.0.0"), ("three", "3.0.0")):
            stand_in.content.put(WEB, version(seed, base), tag)
        done = tidy(tmp_path, stand_in.address, keep=[{"newest": 1, "tags": "3.*"}])
        assert outcomes(done) == {"1.0.0": "done", "2.0.0": "done", "3.0.0": "keep"}
        assert len(stand_in.content.repositories[WEB].manifests) == 4


def test_attestations_of_builds(registry: OwnRegistry, tmp_path: Path) -> None:
    for number in range(3):
        lay(registry, WEB, content.multi_platform(str(number), attested=True), "1.%d.0" % number)
    tidy(tmp_path, registry.address, keep=[{"newest": 1}])
    check(registry, {"1.2.0"}, 5)


def test_build_caches(registry: OwnRegistry, tmp_path: Path) -> None:
    for seed in ("going", "staying"):
        lay(registry, WEB, content.build_cache(seed), "cache-%s" % seed)
        lay(registry, WEB, content.build_cache_image(seed), "cache-image-%s" % seed)
    before = registry.blob_bytes()
    done = tidy(tmp_path, registry.address, keep=[{"tags": "*-staying"}])
    assert done["summary"]["deleted"] == 2
    registry.collect()
    assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"]
    check(registry, {"cache-staying", "cache-image-staying"}, 2)


def test_indexes_of_indexes(registry: OwnRegistry, tmp_path: Path) -> None:
    inner, common = version("inner"), version("common")
    lay(registry, WEB, content.index([inner, common]), "1.0.0")
    lay(registry, WEB, content.index([version("other"), common], annotations={"build": "2"}), "2.0.0")
    lay(registry, WEB, inner, "inner")
    assert read_manifest(registry.address, WEB, "1.0.0").status == 200
    tidy(tmp_path, registry.address, keep=[{"tags": "2.0.0"}])
    check(registry, {"2.0.0"}, 7)


def test_docker_lists_are_deleted_as_such(registry: OwnRegistry, tmp_path: Path) -> None:
    for number in range(3):
        lay(registry, WEB, content.multi_platform(str(number), docker=True), "1.%d.0" % number)
    tidy(tmp_path, registry.address, keep=[{"newest": 1}])
    check(registry, {"1.2.0"}, 3)


def test_floating_tags_share_the_fate_of_their_version(registry: OwnRegistry, tmp_path: Path) -> None:
    lay(registry, WEB, version("a"), "1.2.3", "1.2")
    lay(registry, WEB, version("b"), "1.3.0", "1.3", "1")
    lay(registry, WEB, version("c"), "2.0.0", "2.0", "2", "latest")
    done = tidy(tmp_path, registry.address, keep=[{"newest": 2}])
    assert outcomes(done)["1.2"] == outcomes(done)["1.2.3"] == "done"
    assert by_name(done)["1.2"]["reason"].startswith("follows 1.2.3, which goes")
    check(registry, {"1.3.0", "1.3", "1", "2.0.0", "2.0", "2", "latest"}, 6)
