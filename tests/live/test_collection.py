# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage collection of a real docker-registry that is a systemd service on a host of the lab: what goes, what stays (S8)."""

from __future__ import annotations

import registry_content as content
from collecting import APP, WEEK, exclusive, filled, let_go
from plain_http import digest
from registry_host import STORAGE, RegistryHost
from registry_pushing import delete_manifest, head_manifest, push, put_blob
from whole import all_whole, orphans, pulls_whole

CLOCK = "/var/lib/imagefleet/retention/*.collect.json"
CANARY = STORAGE + "/docker/registry/v2/repositories/imagefleet-canary"


def test_what_is_planned_goes_and_all_else_is_whole(host: RegistryHost) -> None:
    kept, gone = filled(host)
    before, pid = host.blobs(), host.pid()
    wanted = exclusive(gone, kept)

    planned = host.collect("report")
    assert planned.code == 0, planned.errors
    assert {row["digest"] for row in planned.result["plan"]} == wanted
    assert host.blobs() == before and host.pid() == pid, "a report changes nothing"

    done = host.collect()
    assert done.code == 0, done.errors
    summary = done.result["summary"]
    assert done.result["plan_digest"] == planned.result["plan_digest"]
    assert {row["outcome"] for row in done.result["plan"]} == {"done"}
    assert (
        summary["reclaimed_bytes"]
        == planned.result["summary"]["reclaimable_bytes"]
        == sum(before[one] for one in wanted)
    )
    assert summary["used_bytes"] < summary["used_bytes_before"]
    assert summary["images_read"] == 1 and summary["closed_seconds"] > 0
    # The small image of ours is garbage again, for the next time.
    ours = {one for one in host.blobs() if one not in before}
    assert set(host.blobs()) - ours == set(before) - wanted
    assert not all_whole(host.address, APP) and not orphans(host.address, APP)
    assert not pulls_whole(host.address, APP, "2.0", attached=True)
    assert host.takes_pushes() and host.traces() == ["/run/lock/imagefleet.lock", CANARY, "/var/lib/imagefleet"]

    pid = host.pid()
    again = host.collect()
    assert again.code == 0 and not again.result["changed"] and again.result["plan"] == []
    assert again.result["summary"]["closed_seconds"] is None and host.pid() == pid, "without garbage nothing is touched"


def test_what_was_collected_can_be_pushed_again(host: RegistryHost) -> None:
    """The registry must not remember that it has it (distribution 1803)."""
    kept, gone = filled(host)
    assert host.collect().code == 0
    push(host.address, APP, gone, "1.0")
    assert not pulls_whole(host.address, APP, "1.0") and not pulls_whole(host.address, APP, "2.0")
    assert head_manifest(host.address, APP, "2.0")[1] == kept.digest


def test_everything_is_read_by_choice(host: RegistryHost) -> None:
    kept, gone = filled(host)
    other = content.simple("other")
    push(host.address, "shop/other", other, "1", "2")
    done = host.collect(verify="all", quiet_period="0")
    assert done.code == 0, done.errors
    assert done.result["summary"]["images_read"] == 2 + len(["2.0", "latest", "signature", "list of referrers"])
    assert done.result["summary"]["bytes_read"] >= sum(map(len, other.blobs))


def test_content_that_was_never_there_is_told_and_missed_by_nobody(host: RegistryHost) -> None:
    """A foreign layer, and an image of an index that somebody deleted."""
    filled(host)
    foreign = content.simple("foreign", docker=True, foreign=[content.foreign_layer("foreign")])
    sparse = content.multi_platform("sparse")
    push(host.address, APP, foreign, "foreign")
    push(host.address, APP, sparse, "sparse")
    assert delete_manifest(host.address, APP, sparse.children[0].digest) == 202
    host.age(WEEK + 60)
    done = host.collect(verify="all")
    assert done.code == 0, done.errors
    assert any("foreign layers" in note for note in done.result["notes"])
    assert not pulls_whole(host.address, APP, "foreign")


def test_undo_is_waited_for_whoever_deleted(host: RegistryHost) -> None:
    """The storage tells when manifests were deleted; one that is there again does not count."""
    kept, _gone = filled(host)
    recent = content.multi_platform("recent")
    push(host.address, APP, recent, "recent")
    host.age(86400)
    let_go(host, recent)
    before = host.blobs()
    held = host.collect()
    assert held.code == 4, held.errors
    assert "3 manifests were deleted less than 7d ago (undo_window)" in held.errors
    assert held.result["hold"]["until"] and held.result["summary"]["deleted"] == 0
    assert {row["outcome"] for row in held.result["plan"]} == {"deferred"} and host.blobs() == before

    push(host.address, APP, recent, "recent")
    done = host.collect()
    assert done.code == 0, done.errors
    assert not all_whole(host.address, APP)


def test_undo_on_this_host_is_waited_for(host: RegistryHost) -> None:
    filled(host)
    folder = "/run/imagefleet-test.undo/%s" % host.address.replace(":", "_")
    host.on("mkdir -p %s/$(date -u +%%Y%%m%%dT%%H%%M%%SZ)-0123abcd && ls %s" % (folder, folder))
    held = host.collect(undo_dir="/run/imagefleet-test.undo")
    assert held.code == 4 and "the undo of the retention run of" in held.errors, held.errors
    host.on("rm -r /run/imagefleet-test.undo")
    assert host.collect(undo_dir="/run/imagefleet-test.undo").code == 0


def test_a_push_that_is_not_finished_is_waited_for(host: RegistryHost) -> None:
    filled(host)
    blob = content.simple("pushing").blobs[0]
    put_blob(host.address, APP, blob)
    held = host.collect()
    assert held.code == 4 and digest(blob) in held.errors and "a push may be under way" in held.errors, held.errors
    host.age(16 * 60)
    assert host.takes_pushes()  # which leaves an upload open
    held = host.collect()
    assert held.code == 4 and "an upload into probe was going on" in held.errors, held.errors
    assert host.collect(quiet_period="0").code == 0
    assert digest(blob) not in host.blobs()


def test_the_brake_holds(host: RegistryHost) -> None:
    filled(host)
    host.put("/etc/imagefleet/hold", b"reason: release week\n")
    before = host.blobs()
    held = host.collect()
    host.on("rm /etc/imagefleet/hold")
    assert held.code == 4 and "release week" in held.errors and host.blobs() == before


def test_a_clock_that_jumped_lets_nothing_look_old(host: RegistryHost) -> None:
    """What was deleted a minute ago would seem to be over its undo."""
    filled(host)
    assert host.collect("report").code == 0
    host.on("sed -i -E 's/(\"last_run\": )[0-9]+/\\1'$(($(date +%%s) - %d))/ %s" % (9 * 86400 + 3600, CLOCK))
    before = host.blobs()
    distrusted = host.collect()
    assert distrusted.code == 9 and "jumped by 9d" in distrusted.errors, distrusted.errors
    assert distrusted.result["summary"]["deleted"] == 0 and host.blobs() == before
    assert host.collect().result["summary"]["deleted"] > 0, "one run of watching settles it"


def test_a_clock_that_is_wrong_deletes_nothing(host: RegistryHost) -> None:
    filled(host)
    host.age(-30 * 86400)
    refused = host.collect()
    assert refused.code == 8 and "lies in the future" in refused.errors, refused.errors
    assert refused.result["summary"]["deleted"] == 0
