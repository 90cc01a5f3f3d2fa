# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People push while retention is at work (S6): nothing that anybody needs is missing afterwards, or it is put back and told."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from crane_registry import CraneRegistry
from faults import RESET
from janitor import WEB, by_name, outcomes, restore
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from race_scene import KEPT, OLD, OLDER, Meanwhile, build, check, releases, run
from registry_content import Manifest
from registry_pushing import attach, delete_manifest, head_manifest, list_tags, push, retag, sign
from whole import all_whole, orphans, pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with releases(tmp_path / "registry") as found:
        yield found


# Between the plan and the first deletion -----------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [OLD.children[0], OLD], ids=["child", "index"])
def test_a_new_tag_that_shares_what_is_about_to_go(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, shared: Manifest
) -> None:
    # The second list of tags is that before the first deletion.
    meanwhile = Meanwhile(proxy, lambda: push(registry.address, WEB, build("new", shared), "new"))
    meanwhile.before("GET", "tags/list", 2)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.1.0"] == "refused" and outcomes(done)["1.0.0"] == "done"
    assert "tag new needs it now" in by_name(done)["1.1.0"]["error"]
    check(registry, "1.1.0", "2.0.0", "stable", "new")
    # The next run knows the new tag. What is shared as a whole keeps its own tag: this registry cannot delete a tag alone.
    done = run(tmp_path, proxy)
    held = shared == OLD
    assert (by_name(done)["1.1.0"]["kept_by"] == "shared") == held
    check(registry, "2.0.0", "stable", "new", *(["1.1.0"] if held else []))


def test_a_kept_tag_that_is_moved_to_share_what_is_about_to_go(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    moved = build("moved", OLD.children[1])
    Meanwhile(proxy, lambda: push(registry.address, WEB, moved, "stable")).before("GET", "tags/list", 2)
    assert outcomes(run(tmp_path, proxy)) == {"1.0.0": "done", "1.1.0": "refused", "2.0.0": "keep", "stable": "keep"}
    check(registry, "1.1.0", "2.0.0", "stable")


def test_a_new_tag_for_what_is_about_to_go(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    Meanwhile(proxy, lambda: retag(registry.address, WEB, "1.1.0", "new")).before("GET", "tags/list", 2)
    assert outcomes(run(tmp_path, proxy))["1.1.0"] == "refused"
    check(registry, "1.1.0", "2.0.0", "stable", "new")


@pytest.mark.parametrize("how", ["signature", "referrer"])
def test_what_is_newly_attached_to_something_that_is_about_to_go(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, how: str
) -> None:
    def sign_it() -> None:
        sign(registry.address, WEB, OLD)

    def refer() -> None:
        attach(registry.address, WEB, content.referrer(OLD))

    Meanwhile(proxy, sign_it if how == "signature" else refer).before("GET", "tags/list", 2)
    assert outcomes(run(tmp_path, proxy))["1.1.0"] == "refused"
    check(registry, "1.1.0", "2.0.0", "stable")
    assert orphans(registry.address, WEB) == []
    run(tmp_path, proxy)
    check(registry, "2.0.0", "stable")
    assert orphans(registry.address, WEB) == [] and list_tags(registry.address, WEB) == ["2.0.0", "stable"]


def test_a_repository_that_cannot_be_looked_at_again_is_left_alone(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    Meanwhile(proxy, lambda: proxy.faults.add(RESET, "HEAD", "manifests/stable")).before("GET", "tags/list", 2)
    done = run(tmp_path, proxy, retries=0)
    assert outcomes(done)["1.0.0"] == outcomes(done)["1.1.0"] == "refused"
    check(registry, "1.0.0", "1.1.0", "2.0.0", "stable")


# While it is deleting ------------------------------------------------------------------------------------------------


def test_a_new_tag_that_shares_a_child_in_the_midst_of_it(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    """All was there when it was pushed; a moment later its child goes, as planned."""
    new = build("new", OLD.children[1])
    meanwhile = Meanwhile(proxy, lambda: push(registry.address, WEB, new, "new")).before(
        "DELETE", OLD.children[1].digest
    )
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and done["summary"]["restored"] == 3
    assert "put back at once: tag new needs it" in by_name(done)["1.1.0"]["error"]
    check(registry, "2.0.0", "stable", "new")
    # What was put back and nobody needs goes with the next run.
    run(tmp_path, proxy)
    check(registry, "2.0.0", "stable", "new")
    kept = [KEPT, build("stable"), new]
    assert registry.manifests(WEB) == {one.digest for kept_one in kept for one in (kept_one, *kept_one.children)}


@pytest.mark.parametrize("step", ["index", "first child", "second child"])
def test_a_tag_that_goes_is_pushed_again(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, step: str
) -> None:
    """By somebody who rebuilt one of its platforms only; the registry had all the rest when he looked."""
    again = content.index([OLD.children[0], content.simple("rebuilt")])
    at = {"index": OLD, "first child": OLD.children[0], "second child": OLD.children[1]}[step].digest
    Meanwhile(proxy, lambda: push(registry.address, WEB, again, "1.1.0")).before("DELETE", at)
    if step == "second child":  # whose pusher has to bring all that is gone
        Meanwhile(proxy, lambda: push(registry.address, WEB, again, "1.1.0")).after("DELETE", at)
    run(tmp_path, proxy)
    check(registry, "1.1.0", "2.0.0", "stable")
    assert head_manifest(registry.address, WEB, "1.1.0") == (200, again.digest)


def test_a_kept_tag_that_is_moved_onto_what_is_being_deleted(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    meanwhile = Meanwhile(proxy, lambda: retag(registry.address, WEB, "1.1.0", "stable")).before("DELETE", OLD.digest)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["stable"] == "restored"
    assert "it vanished during the run" in by_name(done)["stable"]["error"]
    assert any("stable" in note for note in done["notes"]) and done["changed"]
    assert head_manifest(registry.address, WEB, "stable")[1] == build("stable").digest
    # What it may have been moved to is there for whoever moves it once more.
    assert pulls_whole(registry.address, WEB, OLD.digest) == []
    assert OLD.digest in by_name(done)["stable"]["error"] or "1.1.0" in by_name(done)["stable"]["error"]
    check(registry, "2.0.0", "stable")


def test_somebody_else_deletes_the_same(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    Meanwhile(proxy, lambda: delete_manifest(registry.address, WEB, OLD.digest)).before("DELETE", OLD.digest)
    done = run(tmp_path, proxy)
    assert outcomes(done) == {"1.0.0": "done", "1.1.0": "gone", "2.0.0": "keep", "stable": "keep"}
    check(registry, "2.0.0", "stable")
    restore(tmp_path, proxy.address)
    check(registry, "1.0.0", "1.1.0", "2.0.0", "stable")


def test_the_look_afterwards_is_taken_when_not_all_could_be_done(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    """The undo of the second release cannot be written; the first one is needed again by then."""

    def meddle() -> None:
        push(registry.address, WEB, build("new", OLDER.children[0]), "new")
        folder = next((tmp_path / "undo").glob("*/*"))
        folder.rename(folder.with_name("elsewhere"))
        folder.write_text("")

    meanwhile = Meanwhile(proxy, meddle).before("DELETE", OLDER.children[0].digest)
    with pytest.raises(PartialFailure):
        run(tmp_path, proxy)
    assert meanwhile.done == 1
    check(registry, "1.1.0", "2.0.0", "stable", "new")


# Where tags are deleted by name --------------------------------------------------------------------------------------


def test_a_tag_that_is_moved_is_not_deleted(tmp_path: Path) -> None:
    with CraneRegistry(tmp_path) as crane, MeddlingProxy(crane.address) as proxy:
        for tag, manifest in (("1.0.0", OLDER), ("1.1.0", OLD), ("2.0.0", KEPT)):
            push(crane.address, WEB, manifest, tag)
        again = build("again", OLD.children[0])
        meanwhile = Meanwhile(proxy, lambda: push(crane.address, WEB, again, "1.1.0")).before("HEAD", "manifests/1.1.0")
        done = run(tmp_path, proxy)
        assert meanwhile.done == 1 and outcomes(done)["1.1.0"] == "refused"
        assert "it was moved to %s meanwhile" % again.digest in by_name(done)["1.1.0"]["error"]
        assert sorted(list_tags(crane.address, WEB)) == ["1.1.0", "2.0.0"]
        assert all_whole(crane.address, WEB) == []


def test_a_manifest_that_could_not_be_deleted_keeps_its_tags(tmp_path: Path) -> None:
    with CraneRegistry(tmp_path) as crane, MeddlingProxy(crane.address) as proxy:
        push(crane.address, WEB, OLD, "1.1.0", "old")
        sign(crane.address, WEB, OLD)
        push(crane.address, WEB, KEPT, "2.0.0")
        before = sorted(list_tags(crane.address, WEB))
        proxy.faults.add(RESET, "DELETE", OLD.digest)
        with pytest.raises(PartialFailure):
            run(tmp_path, proxy, retries=0)
        assert sorted(list_tags(crane.address, WEB)) == before
        assert all_whole(crane.address, WEB) == []
        proxy.faults.clear()
        run(tmp_path, proxy)
        assert list_tags(crane.address, WEB) == ["2.0.0"]


def test_a_tag_that_is_pushed_anew_is_not_overwritten_by_its_old_manifest(tmp_path: Path) -> None:
    """The tag went, its manifest could not go, and in between somebody pushed another image by that name."""
    with CraneRegistry(tmp_path) as crane, MeddlingProxy(crane.address) as proxy:
        push(crane.address, WEB, OLD, "1.1.0")
        push(crane.address, WEB, KEPT, "2.0.0")
        again = build("again")
        meanwhile = Meanwhile(proxy, lambda: push(crane.address, WEB, again, "1.1.0")).before("DELETE", OLD.digest)
        proxy.faults.add(RESET, "DELETE", OLD.digest)
        with pytest.raises(PartialFailure):
            run(tmp_path, proxy, retries=0)
        assert meanwhile.done == 1
        assert head_manifest(crane.address, WEB, "1.1.0") == (200, again.digest)
        assert all_whole(crane.address, WEB) == []
