# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the ledger with its files: check, write, repeat, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, RefusedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import hold_ledger, load_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.bookkeeping import keep_ledger
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import (
    DAY,
    HOUR,
    NOW,
    UNREACHABLE,
    digest,
    usage,
)

TIMES = ("started", "last_run", "last_complete")


@pytest.fixture
def keep(tmp_path):
    def run(apply=True, now=NOW, **options):
        defaults = {
            "ledger": str(tmp_path / "ledger.json"),
            "expected_hosts": ["a", "b"],
            "observations": {"a": {"usage": usage("app")}, "b": {"usage": usage("app", "other")}},
        }
        return keep_ledger({**defaults, **options}, apply, now)

    run.path = tmp_path / "ledger.json"
    return run


def test_check_and_real_agree_and_the_second_run_changes_nothing(keep):
    checked = keep(apply=False, first_run=True)
    assert os.listdir(keep.path.parent) == []
    real = keep(first_run=True)
    assert checked == real
    assert real["changed"] and real["complete"] and real["diff"]["before"] == ""
    assert "digest %s: a, b\n" % digest("app") in real["diff"]["after"]
    assert real["coverage"] == {"answered": ["a", "b"], "from_ledger": [], "blind": []}
    assert real["digests"][digest("app")] == {
        "hosts": ["a", "b"],
        "last_used": "2023-11-14T22:13:20Z",
        "reason": "in use by a and 1 more host",
        "names": ["registry.example.com/app:1", "registry.example.com/app@" + digest("index app")],
    }
    assert real["hosts"]["b"] == {
        "state": "answered",
        "why": None,
        "last_answered": "2023-11-14T22:13:20Z",
        "engines": ["engine"],
        "images": 2,
    }
    again = keep(now=NOW + HOUR)
    assert not again["changed"] and again["diff"]["before"] == again["diff"]["after"]
    assert again["last_run"] == "2023-11-14T23:13:20Z"
    assert load_ledger(str(keep.path)).last_run == NOW + HOUR


def test_a_lost_ledger_is_refused_until_a_new_one_is_asked_for(keep):
    for apply in (False, True):
        with pytest.raises(RefusedError, match="there is no ledger at .*ledger.json.*lost.*first_run: true"):
            keep(apply)
    assert not keep.path.exists()
    keep(first_run=True)
    assert "first_run is still true" in keep(first_run=True)["notes"][-1]
    keep.path.unlink()
    with pytest.raises(RefusedError):
        keep()


def test_a_damaged_ledger_is_refused_even_for_a_first_run(keep):
    keep.path.write_text("{}")
    for first_run in (False, True):
        with pytest.raises(StateError, match="cannot be understood"):
            keep(first_run=first_run)
    assert keep.path.read_text() == "{}"


def test_two_runs_at_once(keep):
    keep(first_run=True)
    with hold_ledger(str(keep.path)):
        with pytest.raises(LockedError):
            keep()
        assert keep(apply=False)["complete"]


def test_an_incomplete_run_is_remembered_as_such(keep):
    keep(first_run=True)
    late = NOW + 8 * DAY
    told = {"a": {"usage": usage("app", at=late)}, "b": UNREACHABLE}
    result = keep(observations=told, now=late)
    assert result["changed"] and not result["complete"]
    assert result["coverage"]["blind"] == ["b"]
    assert result["hosts"]["b"]["why"] in result["problems"]
    assert result["last_complete"] == "2023-11-14T22:13:20Z"
    assert "complete: yes" in result["diff"]["before"] and "complete: no" in result["diff"]["after"]
    ledger = load_ledger(str(keep.path))
    assert not ledger.complete and list(ledger.problems) == result["problems"]
    healed = keep(observations=told, now=late + 1, retired_hosts=["b"])
    assert healed["complete"] and digest("other") not in healed["digests"]


def test_sources_are_read_and_stop_deletion_when_they_are_gone(keep, tmp_path):
    export = tmp_path / "export.json"
    export.write_text('{"image": "registry.example.com/shop/web:1", "id": "%s"}' % digest("pin"))
    os.utime(export, (NOW, NOW))
    result = keep(first_run=True, protect_from=[str(export)])
    assert result["complete"]
    assert result["references"] == {
        "registry.example.com/shop/web:1": {"sources": [str(export)], "reason": "named in %s" % export}
    }
    pinned = {"hosts": [], "last_used": None, "reason": "named in %s" % export, "names": []}
    assert result["digests"][digest("pin")] == pinned
    assert result["sources"][str(export)]["entries"] == 2
    export.unlink()
    gone = keep(now=NOW + HOUR, protect_from=[str(export)])
    assert not gone["complete"] and "there is no such file" in gone["problems"][0]
    assert gone["references"] == result["references"] and digest("pin") in gone["digests"]
    dropped = keep(now=NOW + HOUR)
    assert dropped["complete"] and dropped["references"] == {}


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Path.mkdir, "Is a directory"),
        (lambda path: path.write_text("nothing in here"), "no image name was found"),
        (lambda path: None, "there is no such file"),
        (link_to_itself, "cannot be read"),
    ],
)
def test_sources_that_cannot_be_read_are_problems_not_failures(keep, tmp_path, make, says):
    make(tmp_path / "export")
    result = keep(first_run=True, protect_from=[{"path": str(tmp_path / "export"), "max_age": "0"}], now=None)
    assert any(says in problem for problem in result["problems"]), result["problems"]


def test_a_source_that_is_too_large_is_a_problem(keep, tmp_path):
    with open(tmp_path / "export", "wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)
    result = keep(first_run=True, protect_from=[str(tmp_path / "export")])
    assert "larger than" in result["problems"][0]


def test_nothing_secret_is_kept(keep):
    """S12: what a host tells beyond the observation is not remembered."""
    told = usage("app", env=["PASSWORD=hunter2"])
    told["images"][0]["labels"] = {"token": "hunter2"}
    result = keep(
        first_run=True, observations={"a": {"usage": told, "invocation": {"password": "hunter2"}}, "b": UNREACHABLE}
    )
    assert "hunter2" not in keep.path.read_text() + str(result)
