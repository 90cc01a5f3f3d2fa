# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_sync between real registries: what the source has lost, and what is moved back."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from plain_http import digest
from regions import WEB, Regions
from registry_pushing import delete_manifest, head_manifest, list_tags, push, retag, sign
from whole import pulls_whole

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.restore import (
    parse_restore_options,
    run_restore,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import save_ledger

DAY = 86400


class Estate:
    """A source with three releases, two regions, and a ledger of what a fleet uses."""

    def __init__(self, regions: Regions, folder: Path) -> None:
        self.regions = regions
        self.folder = folder
        self.releases = {tag: content.multi_platform("removal-" + tag) for tag in ("1.0.0", "1.1.0", "1.2.0")}
        for tag, release in self.releases.items():
            push(regions.source.address, WEB, release, tag)
        self.uses()

    def uses(self, *digests: str, complete: bool = True) -> None:
        now = int(time.time())
        save_ledger(
            str(self.folder / "ledger.json"),
            Ledger(
                now - 90 * DAY,
                now,
                complete=complete,
                hosts={"host-9": HostEntry(now, True)},
                digests={one: {"host-9": now} for one in digests},
            ),
        )

    def sync(self, apply: bool = True, **more: Any) -> dict[str, Any]:
        given = {"remove": True, "ledger": str(self.folder / "ledger.json"), "undo_dir": str(self.folder / "undo")}
        return self.regions.sync(apply, **{**given, **more})

    def lose(self, *tags: str) -> None:
        for tag in tags:
            assert delete_manifest(self.regions.source.address, WEB, digest(self.releases[tag].body)) == 202

    def later(self, seconds: int = DAY) -> None:
        """As if what the sync remembers had happened earlier."""
        (path,) = (self.folder / "state").glob("*.json")
        document = json.loads(path.read_text())
        for place in document["places"].values():
            place["absent"] = {tag: since - seconds for tag, since in place["absent"].items()}
        path.write_text(json.dumps(document))

    def tags(self) -> list[list[str]]:
        return [sorted(list_tags(region.address, WEB)) for region in self.regions.all]


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with Regions(tmp_path, 2) as found:
        yield Estate(found, tmp_path)


def removals(result: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (row["region"], row["tag"]): (row["action"], row["outcome"])
        for row in result["plan"]
        if "lists of the source lack it" in row["reason"]
    }


BOTH = [("region-0", "1.1.0"), ("region-1", "1.1.0")]
ALL = ["1.0.0", "1.1.0", "1.2.0"]


def test_what_the_source_lost_goes_after_a_day_and_can_be_put_back(estate: Estate) -> None:
    sign(estate.regions.source.address, WEB, estate.releases["1.1.0"])
    estate.sync()
    assert estate.tags()[0] == estate.tags()[1] and set(ALL) < set(estate.tags()[0])
    estate.lose("1.1.0")
    # The first list that lacks it, and one an hour short of a day later.
    assert removals(estate.sync()) == dict.fromkeys(BOTH, ("hold", "deferred"))
    estate.later(DAY - 3600)
    waiting = estate.sync()
    assert removals(waiting) == dict.fromkeys(BOTH, ("hold", "deferred")) and not waiting["changed"]
    assert "it may go from" in waiting["plan"][0]["error"]
    estate.later(3600)
    planned = estate.sync(apply=False)
    assert removals(planned) == dict.fromkeys(BOTH, ("remove", "planned")) and planned["changed"]
    assert all("1.1.0" in tags for tags in estate.tags())
    done = estate.sync()
    assert removals(done) == dict.fromkeys(BOTH, ("remove", "done"))
    assert done["plan_digest"] == planned["plan_digest"] and done["summary"]["removed"] == 2
    # Its signature goes with it; nothing else does.
    assert estate.tags() == [["1.0.0", "1.2.0"]] * 2
    assert not estate.regions.broken()
    again = estate.sync()
    assert not again["changed"] and again["plan"] == []
    for region in estate.regions.options()["destinations"]:
        (told,) = [note for note in done["notes"] if note.startswith("region %s, " % region["name"])]
        options = {"registry": region["registry"], "insecure": True, "undo_dir": str(estate.folder / "undo")}
        run_restore(parse_restore_options({**options, "run_id": told.rpartition(" ")[2]}), apply=True)
    assert all("1.1.0" in tags for tags in estate.tags())
    assert not pulls_whole(estate.regions.all[0].address, WEB, "1.1.0", attached=True)


def test_what_the_fleet_uses_stays(estate: Estate) -> None:
    estate.sync()
    # A host runs a platform of it, which it pulled from wherever.
    estate.uses(digest(estate.releases["1.1.0"].children[0].body))
    estate.lose("1.1.0")
    estate.sync()
    estate.later()
    result = estate.sync()
    assert removals(result) == dict.fromkeys(BOTH, ("hold", "deferred")) and not result["changed"]
    assert "host-9" in result["plan"][0]["error"]
    assert estate.tags() == [ALL, ALL]


@pytest.mark.parametrize("state", ["incomplete", "missing"])
def test_nothing_goes_when_it_is_not_known_what_the_fleet_uses(estate: Estate, state: str) -> None:
    estate.sync()
    estate.lose("1.1.0")
    estate.sync()
    estate.later()
    if state == "missing":
        (estate.folder / "ledger.json").unlink()
    else:
        estate.uses(complete=False)
    with pytest.raises(PartialFailure, match="what the fleet uses is not known, so nothing was deleted") as caught:
        estate.sync()
    assert removals(caught.value.result) == dict.fromkeys(BOTH, ("hold", "deferred"))
    assert estate.tags() == [ALL, ALL]


def test_only_what_a_sync_made_goes(estate: Estate) -> None:
    """Neither a tag that was there before, nor one that somebody pushed, nor one that somebody moved since."""
    push(estate.regions.all[0].address, WEB, estate.releases["1.0.0"], "1.0.0", "of-the-region")
    estate.sync()
    moved = retag(estate.regions.all[1].address, WEB, "1.2.0", "1.1.0")
    estate.lose("1.0.0", "1.1.0")
    estate.sync()
    estate.later()
    result = estate.sync()
    assert removals(result) == {
        ("region-0", "1.1.0"): ("remove", "done"),
        ("region-1", "1.0.0"): ("remove", "done"),
        ("region-1", "1.1.0"): ("hold", "deferred"),
    }
    (row,) = [one for one in result["plan"] if one["action"] == "hold"]
    assert row["error"] == "somebody moved it to %s" % moved
    assert estate.tags() == [["1.0.0", "1.2.0", "of-the-region"], ["1.1.0", "1.2.0"]]


def test_what_another_tag_needs_stays(estate: Estate) -> None:
    """This registry cannot delete a tag alone, and its digest has another tag in the region."""
    estate.sync()
    for region in estate.regions.all:
        retag(region.address, WEB, "1.1.0", "pinned-here")
    estate.lose("1.1.0")
    estate.sync()
    estate.later()
    assert removals(estate.sync()) == dict.fromkeys(BOTH, ("hold", "deferred"))
    assert not [problem for region in estate.regions.all for problem in pulls_whole(region.address, WEB, "pinned-here")]


def test_a_source_that_lost_much_is_looked_at_first(estate: Estate) -> None:
    estate.sync()
    estate.lose("1.1.0", "1.2.0")
    estate.sync()
    estate.later()
    with pytest.raises(PartialFailure, match="the source has lost 2 tags, and max_removals is 1: none is removed"):
        estate.sync(max_removals=1)
    assert estate.tags() == [ALL, ALL]
    estate.sync(max_removals=2)
    assert estate.tags() == [["1.0.0"], ["1.0.0"]]


def test_a_tag_that_comes_back_begins_to_wait_anew(estate: Estate) -> None:
    estate.sync()
    estate.lose("1.1.0")
    estate.sync()
    estate.later()
    push(estate.regions.source.address, WEB, estate.releases["1.1.0"], "1.1.0")
    assert estate.sync()["plan"] == []
    estate.lose("1.1.0")
    assert removals(estate.sync()) == dict.fromkeys(BOTH, ("hold", "deferred"))


def test_an_empty_list_or_none_is_no_proof(estate: Estate) -> None:
    """A source whose storage is not mounted has no tags either."""
    estate.sync()
    estate.lose(*ALL)
    for _run in range(2):
        assert removals(estate.sync()) == {}
        (path,) = (estate.folder / "state").glob("*.json")
        assert all(not place["absent"] for place in json.loads(path.read_text())["places"].values())
    assert estate.tags() == [ALL, ALL]


def test_without_the_option_nothing_goes(estate: Estate) -> None:
    estate.sync()
    estate.lose("1.1.0")
    estate.sync(remove=False)
    estate.later()
    assert not estate.sync(remove=False)["changed"] and estate.tags() == [ALL, ALL]


def test_a_floating_tag_is_moved_back_in_every_region(estate: Estate) -> None:
    source, regions = estate.regions.source.address, estate.regions.all
    retag(source, WEB, "1.1.0", "latest")
    estate.regions.sync()
    retag(source, WEB, "1.2.0", "latest")
    done = estate.regions.sync()
    assert {row["previous"] for row in done["plan"]} == {digest(estate.releases["1.1.0"].body)}
    back = estate.regions.sync(rollback=done["run_id"])
    assert back["changed"] and back["summary"]["moved_back"] == 2
    for region in regions:
        assert head_manifest(region.address, WEB, "latest") == (200, digest(estate.releases["1.1.0"].body))
        assert not pulls_whole(region.address, WEB, "latest")
    # The next scheduled run does not undo it.
    assert estate.regions.sync()["summary"] == {**estate.regions.sync()["summary"], "copied": 0, "deferred": 2}
