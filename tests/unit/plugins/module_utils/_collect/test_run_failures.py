# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections that fail on the way: refused before anything went, or told with what went; and always open again."""

from __future__ import annotations

import os
import shutil

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect import run as module
from ansible_collections.imagefleet.docker.plugins.module_utils._collect import task
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    PartialFailure,
    RefusedError,
    RegistryError,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import UNIT, VERSION, old
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.test_run import (
    CANARY,
    LOOK,
    fixture_here,
    outcomes,
)

assert fixture_here  # the fixture `here`


def fails(*answer):
    return lambda _argv: answer


def later(here, what, act):
    """Do something when this is ordered, before it is done."""
    here.host.wrong[what] = lambda _argv: act()


def second(here, act):
    """Do something before the dry run in the window."""
    count = []

    def look(_argv):
        count.append(1)
        if len(count) == 2:
            act()

    here.host.wrong["dry run"] = look


def is_open(here):
    return not here.host.closed and not os.path.exists(here.host.names.drop_in) and here.host.left == []


def refused(here, words, **options):
    with pytest.raises(RefusedError, match=words) as caught:
        here.collect(**options)
    assert is_open(here) and here.garbage | here.needed <= here.host.tree.stored()
    return caught.value.result


def partial(here, words, **options):
    with pytest.raises(PartialFailure, match=words) as caught:
        here.collect(**options)
    assert here.needed <= here.host.tree.stored() or "took" in words
    return caught.value.result


# Refused before it is closed -----------------------------------------------------------------------------------------


def test_a_registry_that_does_not_take_the_small_image(here):
    here.host.closed = True
    with pytest.raises(RefusedError, match="answered 405. Nothing was collected: a small image is pushed to") as caught:
        here.collect()
    assert here.host.log == LOOK, "it is closed by somebody else, and stays so"
    assert caught.value.result["changed"] is False and outcomes(caught.value.result) == {"planned"}


def test_a_registry_that_keeps_its_content_elsewhere(here, monkeypatch):
    other = here.host.client()
    other.put_blob = lambda *_what: None
    other.put_manifest = lambda *_what: None
    other.delete = lambda *_what: 202
    monkeypatch.setattr(module, "TransferClient", lambda *_what, **_more: other)
    words = "what is pushed to registry registry.example.com does not arrive in %s, where service %s keeps its content"
    result = refused(here, words % (here.host.tree.path, UNIT))
    assert here.host.log == LOOK and result["changed"] is False


def test_a_registry_that_does_not_delete(here, monkeypatch):
    client = here.host.client()
    client.delete = lambda *_what: 405
    monkeypatch.setattr(module, "TransferClient", lambda *_what, **_more: client)
    result = refused(here, "storage.delete.enabled: true")
    assert here.host.log == LOOK and result["changed"] is False


# Refused when it is closed -------------------------------------------------------------------------------------------


def test_a_registry_that_does_not_close(here):
    here.host.wrong["restart registry"] = lambda _argv: (0, "", "")
    result = refused(here, r"still takes uploads \(202\)")
    assert (
        "sweep" not in here.host.log and result["changed"] is False and result["summary"]["closed_seconds"] is not None
    )


def test_more_garbage_than_was_planned(here):
    second(here, lambda: here.host.tree.blob("app", b"more garbage"))
    result = refused(
        here, "nothing needs %s any more .and 0 more.. Nothing was collected; run again" % digest_of(b"more garbage")
    )
    assert "sweep" not in here.host.log and result["changed"] is False
    # It was closed for a while, and that is told.
    assert result["summary"]["closed_seconds"] == 0.0


def test_a_collector_that_works_on_something_else(here):
    def hide():
        for digest in CANARY.digests:
            shutil.rmtree(os.path.dirname(here.host.tree.blob_path(digest)))

    second(here, hide)
    result = refused(here, "the collector does not see what registry registry.example.com deletes")
    assert "sweep" not in here.host.log and result["changed"] is False


def test_an_image_that_the_collector_would_break_by_now(here):
    collect = here.host.tree.collect
    second(here, lambda: setattr(here.host.tree, "collect", lambda dry_run: collect(dry_run, forgotten={here.kept})))
    result = refused(here, "the registry's collector would delete .* which app:1 needs")
    assert "sweep" not in here.host.log and result["changed"] is False


def test_a_manifest_that_is_lost_by_now(here):
    later(here, "start guard", lambda: os.unlink(here.host.tree.blob_path(here.kept)))
    with pytest.raises(RefusedError, match="^app@%s is lost" % here.kept) as caught:
        here.collect()
    assert is_open(here) and "sweep" not in here.host.log and here.garbage <= here.host.tree.stored()
    assert caught.value.result["changed"] is False


def test_a_dry_run_that_fails_in_the_window(here):
    later(here, "start guard", lambda: here.host.wrong.update({"dry run": fails(1, "", "Job failed")}))
    result = refused(
        here, r"garbage-collect --dry-run failed, or took longer than 3600 seconds \(collect_timeout\): Job failed"
    )
    assert "sweep" not in here.host.log and result["changed"] is False


def test_a_registry_that_was_opened_while_the_collector_planned(here):
    """By hand, or by the guard: it is proven once more."""
    second(here, lambda: setattr(here.host, "closed", False))
    refused(here, r"still takes uploads \(202\)")
    assert "sweep" not in here.host.log


# Something went ------------------------------------------------------------------------------------------------------


def test_a_collector_that_fails_half_way(here):
    half = set(sorted(here.garbage)[:1])

    def fail(argv):
        here.host.tree.collect(dry_run=False, only=half)
        here.host.prints(argv, "failed to garbage collect: failed to delete blob: no such device\n", "StandardError")
        return 1, "", "Job failed"

    here.host.wrong["sweep"] = fail
    result = partial(here, "^garbage collection of registry.example.com: .*garbage-collect failed, .*no such device")
    assert is_open(here) and result["changed"] is True
    assert {row["digest"]: row["outcome"] for row in result["plan"]} == {
        digest: "done" if digest in half else "failed" for digest in here.garbage
    }
    summary = result["summary"]
    assert (summary["deleted"], summary["failed"], summary["images_read"]) == (1, 2, 1)
    assert 0 < summary["reclaimed_bytes"] < summary["reclaimable_bytes"] and summary["closed_seconds"] is not None
    assert all("no such device" in row["error"] for row in result["plan"] if row["outcome"] == "failed")
    # The small image was not collected either, so that the registry has it proves nothing.
    assert len(result["problems"]) == 1


def test_a_collector_that_begins_too_late(here):
    """The guard took the drop-in away, since it all took too long."""
    later(here, "sweep", lambda: os.unlink(here.host.names.drop_in))
    result = partial(here, "Assertion failed on job")
    assert outcomes(result) == {"failed"} and result["changed"] is False and is_open(here)


def test_a_collector_that_leaves_something_and_says_nothing(here):
    left = sorted(here.garbage)[0]

    def sweep(argv):
        here.host.prints(argv, here.host.tree.collect(dry_run=False, only=(here.garbage | CANARY.digests) - {left}))
        return 0, "", ""

    here.host.wrong["sweep"] = sweep
    result = partial(here, "^garbage collection of registry.example.com: 1 pieces of content were not deleted$")
    assert [row["error"] for row in result["plan"] if row["outcome"] == "failed"] == ["the collector left it"]
    assert result["summary"]["deleted"] == 2 and result["changed"] is True


def test_output_of_the_sweep_that_is_not_known(here):
    def sweep(_argv):
        here.host.tree.collect(dry_run=False)
        return 0, "", ""

    here.host.wrong["sweep"] = sweep
    result = partial(here, "printed something that is not known")
    assert outcomes(result) == {"done"} and result["changed"] is True and is_open(here)


@pytest.mark.parametrize("answer", [(1, "", "Job failed"), (0, "", "")])
def test_what_images_need_is_looked_at_whatever_the_collector_says(here, monkeypatch, answer):
    """Also when its output cannot be read at all."""

    def sweep(_argv):
        os.unlink(here.host.tree.blob_path(here.kept))
        path = here.host.names.collector.output_file
        os.unlink(path)
        os.mkdir(path)
        monkeypatch.setattr(task, "_remove", lambda _task: os.rmdir(path))
        return answer

    here.host.wrong["sweep"] = sweep
    result = partial(here, "Job failed|cannot read .*: Is a directory|took")
    assert "the collection took %s, which app:1 needs" % here.kept in result["problems"]


def test_content_that_was_taken_although_an_image_needs_it(here):
    def sweep(argv):
        here.host.prints(argv, here.host.tree.collect(dry_run=False))
        os.unlink(here.host.tree.blob_path(here.kept))
        return 0, "", ""

    here.host.wrong["sweep"] = sweep
    result = partial(here, "the collection took %s, which app:1 needs" % here.kept)
    assert result["problems"][0] == "the collection took %s, which app:1 needs" % here.kept
    assert any("app:1" in problem and "is not there" in problem for problem in result["problems"][1:]), (
        "it was read, too"
    )
    assert result["summary"]["images_read"] == 0 and is_open(here)


def test_content_that_was_deleted_and_not_planned(here):
    def sweep(argv):
        here.host.tree.blob("app", b"sneaked in")
        here.host.prints(argv, here.host.tree.collect(dry_run=False))
        return 0, "", ""

    here.host.wrong["sweep"] = sweep
    partial(here, r"the collector deleted %s \(and 0 more\), which was not planned" % digest_of(b"sneaked in"))


def test_what_is_needed_by_now_is_no_failure(here):
    """Somebody put an image back between plan and window, that is made of what was garbage."""

    def put_back():
        here.host.tree.image("app", "gone", "back")

    later(here, "start guard", put_back)
    result = here.collect(quiet_period="0")
    assert outcomes(result) == {"refused"} and result["summary"]["failed"] == 0 and result["changed"] is False
    assert {row["error"] for row in result["plan"]} == {"app:back needs it by now"}
    assert here.garbage <= here.host.tree.stored() and result["problems"] == [] and is_open(here)


@pytest.mark.parametrize("what", ["look_at_blobs", "disk_usage"])
def test_a_disk_that_fails_afterwards_hides_nothing(here, monkeypatch, what):
    def fail(*_what):
        raise StateError("cannot look at the storage: Input/output error")

    later(here, "stop guard", lambda: monkeypatch.setattr(module, what, fail))
    result = partial(here, "Input/output error")
    assert is_open(here) and result["plan"] and result["problems"]


# Not open again ------------------------------------------------------------------------------------------------------


def test_a_registry_that_does_not_open_is_told_first_with_what_went(here):
    later(here, "stop collector", lambda: here.host.wrong.update({"restart registry": fails(1, "", "Job failed")}))
    result = partial(here, "registry service %s could not be opened again: .*by hand: rm " % UNIT)
    assert outcomes(result) == {"done"} and result["changed"] is True
    assert result["summary"]["closed_seconds"] is None and result["summary"]["images_read"] == 0
    assert here.host.closed and "stop guard" not in here.host.log


def test_a_registry_that_does_not_open_before_anything_went(here):
    second(here, lambda: here.host.tree.blob("app", b"more garbage"))
    later(here, "stop collector", lambda: here.host.wrong.update({"restart registry": fails(1, "", "Job failed")}))
    result = partial(
        here, "the registry moved since the plan was made: .* And: registry service %s could not be opened" % UNIT
    )
    assert outcomes(result) == {"failed"} and result["changed"] is False and "sweep" not in here.host.log


def test_what_an_earlier_run_left_and_cannot_be_opened(here):
    os.makedirs(here.host.names.drop_in_folder)
    with open(here.host.names.drop_in, "w", encoding="ascii"):
        pass
    here.host.wrong["restart registry"] = fails(1, "", "Job failed")
    with pytest.raises(RegistryError, match="could not be opened again"):
        here.collect()
    assert "dry run" not in here.host.log


# Not as it should be afterwards --------------------------------------------------------------------------------------


def test_a_registry_that_remembers_what_was_collected(here):
    """Its memory outlives the restart (distribution 1803)."""
    later(here, "stop guard", lambda: here.host.remembered.update(CANARY.digests))
    result = partial(here, "registry registry.example.com still answers for sha256:[0-9a-f]{64}, which was collected")
    assert outcomes(result) == {"done"} and result["changed"] is True and is_open(here)


def test_a_small_image_that_cannot_be_pushed_again(here):
    later(here, "stop guard", lambda: setattr(here.host, "closed", True))
    result = partial(here, "the image that was collected cannot be pushed and pulled again: .*405")
    assert outcomes(result) == {"done"} and result["changed"] is True


def test_the_first_problem_is_told_and_how_many_more(here):
    here.host.tree.image("other", "other", "1")
    old(here.host)

    def lose():
        os.unlink(here.host.tree.blob_path(here.kept))
        for digest in here.host.tree.parts("other"):
            os.unlink(here.host.tree.blob_path(digest))

    here.needed = set()
    later(here, "stop guard", lose)
    result = partial(here, r"^garbage collection of registry.example.com: app:1: .* \(and 2 more problems\)$")
    assert len(result["problems"]) == 3


@pytest.mark.parametrize("what", ["show guard", "show registry", "version", "dry run"])
def test_nothing_is_touched_when_systemd_does_not_answer(here, what):
    here.host.wrong[what] = fails(1, "", "Failed to connect to bus: Connection refused")
    with pytest.raises(RegistryError, match="Failed to connect to bus"):
        here.collect()
    assert is_open(here) and here.host.tree.stored() == here.needed | here.garbage and here.host.requests == 0


def test_another_program_is_refused(here):
    here.host.printed = VERSION.replace("distribution", "registry")
    with pytest.raises(RefusedError, match="is not the distribution registry"):
        here.collect()
    assert here.host.log == LOOK[:4]
