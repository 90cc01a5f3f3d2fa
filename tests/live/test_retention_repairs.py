# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What retention puts back after a race is whole, and never stands in the way of what was pushed meanwhile (S6)."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from faults import RESET, refuse
from janitor import WEB, by_name, outcomes, restore
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from race_scene import OLD, OLDER, Meanwhile, build, check, releases, run
from registry_disk import lay, point
from registry_pushing import attach, head_manifest, push, retag, sign
from whole import attached_to, orphans, pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure

ABSENT = "sha256:" + "0" * 64
SIGNATURE = content.cosign_tag(OLD.digest)
REFERRERS = content.fallback_tag(OLD.digest)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with releases(tmp_path / "registry") as found:
        yield found


# What is put back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("needed", ["OLD", "OTHER"])
def test_with_the_parts_that_went_with_another_index(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, needed: str
) -> None:
    """What both list goes with the last of them; this registry takes an index only when all of it is there."""
    other = content.index([OLD.children[0], content.simple("rebuilt")])
    lay(registry, WEB, other, "1.2.0")
    wanted = {"OLD": OLD, "OTHER": other}[needed]
    new = build("new", wanted)
    meanwhile = Meanwhile(proxy, lambda: push(registry.address, WEB, new, "new")).before("DELETE", wanted.digest)
    done = run(tmp_path, proxy, concurrency=4)
    assert meanwhile.done == 1 and done["summary"]["failed"] == 0
    check(registry, "2.0.0", "stable", "new")


def test_with_the_signature_of_such_a_part(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    part = OLD.children[0]
    lay(registry, WEB, content.index([part, content.simple("rebuilt")]), "1.2.0")
    sign(registry.address, WEB, part)
    Meanwhile(proxy, lambda: push(registry.address, WEB, build("new", OLD), "new")).before("DELETE", OLD.digest)
    run(tmp_path, proxy, concurrency=4)
    check(registry, "2.0.0", "stable", "new")
    assert attached_to(registry.address, WEB, part.digest) == [content.cosign_tag(part.digest)]


def test_although_the_registry_refuses_it_at_first(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    """As docker-registry does now and then while somebody else writes the same."""

    def meddle() -> None:
        push(registry.address, WEB, build("new", OLD), "new")
        proxy.faults.add(refuse(400, "DIGEST_INVALID"), "PUT", OLD.digest, times=2)

    Meanwhile(proxy, meddle).before("DELETE", OLD.digest)
    done = run(tmp_path, proxy)
    assert outcomes(done)["1.1.0"] == "restored" and done["summary"]["failed"] == 0
    check(registry, "2.0.0", "stable", "new")


def test_or_it_is_told(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    def meddle() -> None:
        push(registry.address, WEB, build("new", OLD), "new")
        proxy.faults.add(refuse(400, "DIGEST_INVALID"), "PUT", OLD.digest)

    Meanwhile(proxy, meddle).before("DELETE", OLD.digest)
    with pytest.raises(PartialFailure, match="tag new needs it.*it could not be put back") as caught:
        run(tmp_path, proxy)
    assert outcomes(caught.value.result)["1.1.0"] == "failed"
    proxy.faults.clear()
    restore(tmp_path, proxy.address)
    check(registry, "1.0.0", "1.1.0", "2.0.0", "stable", "new")


# What was attached anew ----------------------------------------------------------------------------------------------


def test_what_is_signed_again_while_it_goes(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    sign(registry.address, WEB, OLD)
    again = content.cosign(OLD, seed="again")
    meanwhile = Meanwhile(proxy, lambda: push(registry.address, WEB, again, SIGNATURE)).before("DELETE", OLD.digest)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.1.0"] == "restored"
    assert head_manifest(registry.address, WEB, SIGNATURE)[1] == again.digest
    assert orphans(registry.address, WEB) == []
    assert pulls_whole(registry.address, WEB, OLD.digest, attached=True) == []
    check(registry, "2.0.0", "stable")


def test_what_gets_one_more_referrer_while_it_goes(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    """The list with both was pushed in time, and is not replaced by the older one."""
    attach(registry.address, WEB, content.referrer(OLD, seed="first"))
    first = head_manifest(registry.address, WEB, REFERRERS)[1]
    more = content.referrer(OLD, seed="more")
    meanwhile = Meanwhile(proxy, lambda: attach(registry.address, WEB, more)).before("DELETE", first)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.1.0"] == "restored"
    assert head_manifest(registry.address, WEB, REFERRERS)[1] not in ("", first)
    assert head_manifest(registry.address, WEB, more.digest)[0] == 200
    assert orphans(registry.address, WEB) == []
    assert pulls_whole(registry.address, WEB, OLD.digest, attached=True) == []
    check(registry, "2.0.0", "stable")


# New tags ------------------------------------------------------------------------------------------------------------


def test_a_new_tag_is_seen_before_its_manifest_is_reached(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    """Deleted with it the tag would be gone, and nobody would know that it ever was."""
    meanwhile = Meanwhile(proxy, lambda: retag(registry.address, WEB, "1.1.0", "new")).before("DELETE", OLDER.digest)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.0.0"] == "done" and outcomes(done)["1.1.0"] == "refused"
    assert "tag new needs it now" in by_name(done)["1.1.0"]["error"]
    check(registry, "1.1.0", "2.0.0", "stable", "new")


def test_a_new_tag_that_moves_onto_what_goes(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    moments = {OLDER.digest: lambda: push(registry.address, WEB, build("free"), "free")}
    moments[OLD.digest] = lambda: retag(registry.address, WEB, "1.1.0", "free")

    def now(method: str, path: str) -> None:
        if method == "DELETE" and path.rpartition("/")[2] in moments:
            moments.pop(path.rpartition("/")[2])()

    proxy.before = now
    done = run(tmp_path, proxy)
    assert not moments
    assert [note for note in done["notes"] if "shop/web:free it vanished during the run" in note]
    assert head_manifest(registry.address, WEB, "free")[1] == build("free").digest
    assert pulls_whole(registry.address, WEB, OLD.digest) == []
    check(registry, "2.0.0", "stable", "free")


def test_a_new_tag_that_cannot_be_read_stops_the_rest(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    def meddle() -> None:
        push(registry.address, WEB, build("new"), "new")
        proxy.faults.add(RESET, "GET", "manifests/new")

    Meanwhile(proxy, meddle).before("DELETE", OLDER.digest)
    done = run(tmp_path, proxy, retries=0)
    assert outcomes(done)["1.0.0"] == "done" and outcomes(done)["1.1.0"] == "refused"
    assert "could not be looked at again" in by_name(done)["1.1.0"]["error"]
    check(registry, "1.1.0", "2.0.0", "stable", "new")


# Tags that lead to nothing, as when a push and the deletion of the same manifest cross --------------------------------


@pytest.mark.parametrize("tag", ["new", "stable"])
def test_a_tag_that_leads_to_what_is_gone(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path, tag: str
) -> None:
    meanwhile = Meanwhile(proxy, lambda: point(registry, WEB, tag, OLDER.digest)).after("DELETE", OLDER.digest)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.0.0"] == "restored"
    assert "put back at once: tag %s was pushed onto it while it was deleted" % tag in by_name(done)["1.0.0"]["error"]
    assert head_manifest(registry.address, WEB, tag) == (200, OLDER.digest)
    check(registry, *{"2.0.0", "stable", tag})


def test_a_tag_that_leads_to_something_else(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    Meanwhile(proxy, lambda: point(registry, WEB, "new", ABSENT)).after("DELETE", OLDER.digest)
    done = run(tmp_path, proxy)
    assert [note for note in done["notes"] if "tag shop/web:new leads to nothing" in note]


def test_a_tag_that_led_to_nothing_before(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    point(registry, WEB, "stale", ABSENT)
    done = run(tmp_path, proxy)
    assert outcomes(done) == {"1.0.0": "done", "1.1.0": "done", "2.0.0": "keep", "stable": "keep"}
    assert not [note for note in done["notes"] if "stale" in note]


# Tags that are to stay -----------------------------------------------------------------------------------------------


def test_a_tag_that_vanished_and_was_pushed_again_is_left_alone(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    again = build("again")
    Meanwhile(proxy, lambda: retag(registry.address, WEB, "1.1.0", "stable")).before("DELETE", OLD.digest)
    # The lists: for the plan, before the first deletion, and after each.
    pushed = Meanwhile(proxy, lambda: push(registry.address, WEB, again, "stable")).after("GET", "tags/list", 4)
    done = run(tmp_path, proxy)
    assert pushed.done == 1 and head_manifest(registry.address, WEB, "stable")[1] == again.digest
    assert [note for note in done["notes"] if "shop/web:stable vanished during the run and was pushed anew" in note]
    # What it may have been moved to is there all the same.
    assert pulls_whole(registry.address, WEB, OLD.digest) == []
    check(registry, "2.0.0", "stable")


def test_a_tag_that_vanished_is_put_back_when_the_run_stops(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    def meddle() -> None:
        retag(registry.address, WEB, "1.1.0", "stable")
        proxy.faults.add(RESET, "GET", "tags/list", times=1)

    Meanwhile(proxy, meddle).before("DELETE", OLD.digest)
    done = run(tmp_path, proxy, retries=0)
    assert [note for note in done["notes"] if "shop/web: stopped" in note] and outcomes(done)["stable"] == "restored"
    assert head_manifest(registry.address, WEB, "stable")[1] == build("stable").digest
    check(registry, "2.0.0", "stable")


def test_the_tag_of_what_was_left_alone_moves(registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path) -> None:
    """It was refused, so it is one of those that stay; now it needs a part of what goes."""
    moved = build("moved", OLDER.children[1])
    Meanwhile(proxy, lambda: push(registry.address, WEB, build("new", OLD), "new")).after("GET", "tags/list")
    meanwhile = Meanwhile(proxy, lambda: push(registry.address, WEB, moved, "1.1.0"))
    meanwhile.before("DELETE", OLDER.children[1].digest)
    done = run(tmp_path, proxy)
    assert meanwhile.done == 1 and outcomes(done)["1.0.0"] == "restored" and outcomes(done)["1.1.0"] == "refused"
    assert head_manifest(registry.address, WEB, "1.1.0")[1] == moved.digest
    check(registry, "1.1.0", "2.0.0", "stable", "new")


def test_the_tag_of_what_was_left_alone_moves_onto_what_goes(
    registry: OwnRegistry, proxy: MeddlingProxy, tmp_path: Path
) -> None:
    Meanwhile(proxy, lambda: push(registry.address, WEB, build("new", OLD), "new")).after("GET", "tags/list")
    Meanwhile(proxy, lambda: retag(registry.address, WEB, "1.0.0", "1.1.0")).before("DELETE", OLDER.digest)
    done = run(tmp_path, proxy)
    assert outcomes(done)["1.1.0"] == "restored"
    assert head_manifest(registry.address, WEB, "1.1.0")[1] == OLD.digest
    assert pulls_whole(registry.address, WEB, OLDER.digest) == []
    check(registry, "1.1.0", "2.0.0", "stable", "new")
