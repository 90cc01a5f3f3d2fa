# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One collection from its options to its result, on a folder tree: what goes, what stays, what is waited for."""

from __future__ import annotations

import json
import os
import time

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect import run as module
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.canary import make_canary
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.run import run_collection
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.window import PROOFS, START_TIMEOUT
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import UNIT, Host, old
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import LAYER_TYPE, write

CANARY = make_canary("registry.example.com", "imagefleet-canary")
LOOK = ["show guard", "show collector", "show registry", "version", "dry run"]
CLOSE = ["start guard", "daemon-reload", "reset-failed registry", "restart registry", *["upload 405"] * PROOFS]
SWEEP = ["dry run", *["upload 405"] * PROOFS, "sweep"]
OPEN = [
    *("stop collector", "show collector", "daemon-reload", "reset-failed registry", "restart registry"),
    *("upload 202", "show registry", "stop guard"),
]


class Collected:
    """A host with one image that went long ago, and one that stays; `collect` runs as the module does."""

    def __init__(self, host):
        self.host = host
        self.kept = host.tree.image("app", "kept", "1")
        self.gone = host.tree.image("app", "gone", "0")
        host.tree.delete("app", self.gone)
        old(host)
        self.garbage = {self.gone} | host.tree.parts("gone")
        self.needed = {self.kept} | host.tree.parts("kept")
        self.said = []
        self.hold = str(host.folder / "hold")
        self.lock = str(host.folder / "lock")

    def collect(self, apply=True, run_program=None, **options):
        self.host.log.clear()
        return run_collection(
            self.host.request(**options), apply, self.host.run, self.said.append, run_program, self.hold, self.lock
        )


@pytest.fixture(name="here")
def fixture_here(tmp_path, monkeypatch):
    host = Host(tmp_path, monkeypatch)
    monkeypatch.setattr(module, "TransferClient", host.client)
    proc = str(tmp_path / "proc")
    monkeypatch.setattr(module, "Service", lambda unit, run, alone: Service(unit, run, alone, proc))
    return Collected(host)


def outcomes(result):
    return {row["outcome"] for row in result["plan"]}


def test_what_is_planned_goes_and_all_else_stays(here):
    planned = here.collect(apply=False)
    assert here.host.log == LOOK and here.host.requests == 0 and here.host.tree.stored() == here.needed | here.garbage
    result = here.collect()
    assert here.host.log == [*LOOK, *CLOSE, *SWEEP, *OPEN]
    assert here.host.tree.stored() == here.needed | CANARY.digests and not here.host.closed and here.host.left == []
    for one in (planned, result):
        assert {row["digest"] for row in one["plan"]} == here.garbage and one["plan_digest"] == result["plan_digest"]
        assert one["changed"] is True and one["hold"] is None and one["problems"] == [] and one["notes"] == []
    assert outcomes(planned) == {"planned"} and outcomes(result) == {"done"}
    size = sum(row["bytes"] for row in result["plan"])
    figures = {"kept": 3, "to_delete": 3, "refused": 0, "deferred": 0, "failed": 0, "reclaimable_bytes": size}
    assert figures.items() <= planned["summary"].items() and figures.items() <= result["summary"].items()
    assert (planned["summary"]["deleted"], planned["summary"]["closed_seconds"]) == (0, None)
    summary = result["summary"]
    assert (summary["deleted"], summary["reclaimed_bytes"], summary["closed_seconds"]) == (3, size, 0.0)
    assert summary["images_read"] == 1 and summary["requests"] == here.host.requests > 0
    assert result["registry"] == {
        "name": "registry.example.com",
        "service": UNIT,
        "version": "2.8",
        "storage_path": here.host.tree.path,
    }
    assert [line.partition(": ")[2] for line in here.said] == [
        "closing for pushes",
        "collecting 3 pieces of content",
        "open again after 0.0 seconds",
    ]


def test_without_garbage_nothing_is_touched(here):
    here.collect()
    before, requests = here.host.tree.stored(), here.host.requests
    again = here.collect()
    assert here.host.log == LOOK and here.host.requests == requests and here.host.tree.stored() == before
    assert again["changed"] is False and again["plan"] == [] and again["summary"]["closed_seconds"] is None


@pytest.mark.parametrize("apply", [True, False])
def test_the_brake(here, apply):
    write(here.hold, b"reason: release week\nuntil: 2999-01-01\n")
    result = here.collect(apply)
    assert here.host.log == LOOK and here.host.tree.stored() == here.needed | here.garbage
    assert result["changed"] is False and outcomes(result) == {"deferred"} and result["summary"]["deferred"] == 3
    assert result["hold"] == {"reason": "release week", "until": "2999-01-02T00:00:00Z"}
    assert any("release week" in note for note in result["notes"])


@pytest.mark.parametrize("apply", [True, False])
def test_undo_is_waited_for(here, apply):
    other = here.host.tree.image("app", "young", "9")
    here.host.tree.delete("app", other, int(time.time()) - 3 * 86400)
    result = here.collect(apply)
    assert "undo_window" in result["hold"]["reason"] and outcomes(result) == {"deferred"} and not result["changed"]
    assert here.host.log == LOOK
    assert here.collect(undo_window="2d", quiet_period="0")["summary"]["deleted"] == 6


def test_undo_on_this_host_is_waited_for(here):
    run = time.strftime("%Y%m%dT%H%M%SZ-0123abcd", time.gmtime(time.time() - 86400))
    os.makedirs(here.host.folder / "undo_dir" / "registry.example.com" / run)
    assert "the undo of the retention run of" in here.collect()["hold"]["reason"]
    assert here.collect(undo_window="12h")["summary"]["deleted"] == 3


@pytest.mark.parametrize("how", ["layer", "upload", "first upload", "again", "mounted"])
def test_a_push_that_may_be_under_way_is_waited_for(here, how):
    tree = here.host.tree
    if how == "layer":
        tree.blob("app", b"new layer")
    elif how == "again":
        # What lies there as garbage keeps its time.
        tree.blob("app", b"layer 0 of gone")
    elif how == "mounted":
        tree.blob("new/app", b"layer 0 of gone")
    else:
        tree.upload("app" if how == "upload" else "new/app")
    result = here.collect()
    assert "a push may be under way (quiet_period)" in result["hold"]["reason"] and here.host.log == LOOK
    assert here.collect(quiet_period="0")["summary"]["deleted"] >= 3


def test_a_clock_that_is_wrong_is_refused(here):
    other = here.host.tree.image("app", "future", "9")
    here.host.tree.delete("app", other, int(time.time()) + 86400)
    with pytest.raises(RefusedError, match="lies in the future") as caught:
        here.collect(undo_window="0", quiet_period="0")
    assert caught.value.result["changed"] is False and here.host.log == LOOK


def test_content_that_was_never_there_is_told(here):
    foreign = {"mediaType": LAYER_TYPE, "size": 1, "digest": "sha256:" + "0" * 64}
    here.host.tree.image("app", "foreign", "f", more=[foreign])
    old(here.host)
    result = here.collect(verify="all")
    (note,) = result["notes"]
    assert note.startswith(
        "1 pieces of content that manifests name were not there before, such as %s" % foreign["digest"]
    )
    assert result["summary"]["kept"] == 6 and result["summary"]["images_read"] == 2


def test_credential_helpers_are_asked_in_the_window_too(here, monkeypatch):
    """The clients that prove it closed and open are others, made after the restarts."""
    made = []
    client = here.host.client
    monkeypatch.setattr(
        module,
        "TransferClient",
        lambda options, run_program: made.append((options.retries, options.timeout, run_program)) or client(),
    )

    def helper(_argv, _text):
        raise AssertionError("nothing asks for credentials here")

    here.collect(run_program=helper, retries=4, timeout=3600)
    assert made[0] == (4, 3600, helper) and len(made) > PROOFS
    # A registry that does not answer yet is waited for, by a clock that is ours.
    assert set(made[1:]) == {(0, START_TIMEOUT, helper)}
    made.clear()
    here.collect(retries=4, timeout=7)
    assert made == [(4, 7, None)], "without garbage nothing is proven"


# Others at work ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("apply", [True, False])
@pytest.mark.parametrize("unit, state", [("collector", "activating"), ("guard", "active"), ("guard", "deactivating")])
def test_another_collection_is_at_work(here, apply, unit, state):
    """Its process may be gone, and its collector run on; a oneshot unit is never active."""
    name = here.host.names.guard if unit == "guard" else here.host.names.collector.unit
    here.host.states[name] = state
    with pytest.raises(LockedError, match=r"a garbage collection of %s is at work \(%s\)" % (UNIT, name)):
        here.collect(apply)
    assert here.host.tree.stored() == here.needed | here.garbage and "dry run" not in here.host.log


def test_a_lock_is_held(here):
    with exclusive_lock(here.lock):
        with pytest.raises(LockedError, match="is held by"):
            here.collect()
        assert here.host.log == []
        assert here.collect(apply=False)["changed"], "a plan needs no lock"


def test_a_clock_that_jumped(here):
    """What was deleted lately would look old; who only plans settles nothing."""
    here.collect(undo_window="7d")
    here.host.tree.delete("app", here.host.tree.image("app", "more", "2"))
    old(here.host)
    (state,) = (here.host.folder / "state_dir").glob("*.collect.json")
    document = json.loads(state.read_text())
    state.write_text(json.dumps({**document, "last_run": document["last_run"] - 9 * 86400 - 3600}))
    for apply in (False, True):
        stored = here.host.tree.stored()
        result = here.collect(apply=apply, undo_window="7d")
        assert "jumped by 9d" in result["clocks_distrusted"] and outcomes(result) == {"deferred"}
        assert here.host.tree.stored() == stored and not result["changed"]
    assert outcomes(here.collect(undo_window="7d")) == {"done"}


def test_a_retention_run_is_at_work(here):
    state = here.host.folder / "state_dir"
    state.mkdir()
    with exclusive_lock(str(state / "registry.example.com.json.lock")):
        with pytest.raises(LockedError):
            here.collect()
    assert here.host.log == []


def test_who_only_plans_shares_no_unit_with_who_collects(here):
    here.collect(apply=False)
    assert not any(
        here.host.names.collector.unit in word for call in here.host.calls for word in call if "--unit" in word
    )
    here.collect()
    assert [
        "--unit=" + here.host.names.collector.unit in call for call in here.host.calls if "garbage-collect" in call
    ][-3:] == [True] * 3


# Left closed ---------------------------------------------------------------------------------------------------------


def close(here):
    write(here.host.names.drop_in, b"[Service]\n")
    here.host.closed = True


def test_what_an_earlier_run_left_closed_is_opened_first(here):
    close(here)
    result = here.collect()
    assert result["notes"] == [
        "%s was read-only since an earlier collection that did not end; it was opened again" % UNIT
    ]
    assert here.host.log[: 2 + len(OPEN)] == [*LOOK[:2], *OPEN] and result["summary"]["deleted"] == 3


def test_who_only_plans_tells_it(here):
    close(here)
    (note,) = here.collect(apply=False)["notes"]
    assert note.startswith("%s is read-only since an earlier collection" % UNIT) and here.host.names.drop_in in note
    assert here.host.closed and here.host.log == LOOK


def test_it_is_opened_although_the_brake_holds(here):
    close(here)
    write(here.hold, b"")
    assert here.collect()["hold"] is not None
    assert not here.host.closed and not os.path.exists(here.host.names.drop_in)
