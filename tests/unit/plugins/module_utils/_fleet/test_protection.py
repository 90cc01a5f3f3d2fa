# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ledger protects, in words, and when nothing may be deleted by it (S1, S4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import (
    EngineEntry,
    HostEntry,
    Ledger,
    SourceEntry,
    Unmapped,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import ledger_problem, protections
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import DAY, HOUR, NOW

R = "registry.example.com/app"


def ledger(seen=(), released=(), silent=(), **more):
    """Hosts a to e answered a moment ago, those in `silent` three days ago."""
    hosts = {
        host: HostEntry(NOW - 3 * DAY, False, {}) if host in silent else HostEntry(NOW, True, {}) for host in "abcde"
    }
    fields = {"hosts": hosts, "digests": {"D": dict(seen)} if seen else {}, "complete": True}
    return Ledger(NOW - 99 * DAY, NOW, released={"D": dict(released)} if released else {}, **{**fields, **more})


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (ledger({"a": NOW}), "in use by a"),
        (ledger({"b": NOW, "a": NOW - DAY}), "in use by b"),
        (ledger({"b": NOW, "a": NOW}), "in use by a and 1 more host"),
        (ledger(dict.fromkeys("abcd", NOW)), "in use by a and 3 more hosts"),
        (ledger({"a": NOW - 3 * DAY, "b": NOW}, silent="a"), "in use by b and 1 more host"),
        (ledger({"a": NOW - 3 * DAY}, silent="a"), "in use by a, which last told 3d ago"),
        (ledger({"a": NOW - 4 * DAY}, silent="a"), "used by a 4d ago (in_use_grace 30d)"),
        (ledger({"a": NOW - 4 * DAY}), "used by a 4d ago (in_use_grace 30d)"),
        (ledger({"b": NOW - 4 * DAY, "a": NOW - 5 * DAY}), "used by b 4d ago (in_use_grace 30d)"),
        (ledger({"a": NOW - 30 * DAY}), "used by a 30d ago (in_use_grace 30d)"),
        (ledger({"a": NOW - 31 * DAY}), None),
        (ledger({"a": NOW - 4 * DAY}, in_use_grace=2 * DAY), None),
        (ledger(released={"a": NOW - 3 * DAY}), "deleted as restorable by a 3d ago"),
        (ledger({"b": NOW - 9 * DAY}, {"a": NOW - 3 * DAY}), "used by b 9d ago (in_use_grace 30d)"),
        (ledger({"b": NOW - 40 * DAY}, {"a": NOW - 3 * DAY}), "deleted as restorable by a 3d ago"),
        (ledger(released={"a": NOW - 30 * DAY}), "deleted as restorable by a 30d ago"),
        (ledger(released={"a": NOW - 30 * DAY - 1}), None),
        (ledger({"gone": NOW - 3 * DAY}), "used by gone 3d ago (in_use_grace 30d)"),
        (ledger({"a": NOW + HOUR}), "in use by a"),
    ],
)
def test_the_reason_of_a_digest(made, reason):
    assert protections(made, NOW).digests.get("D") == reason


def test_another_grace_by_choice():
    made = ledger({"a": NOW - 4 * DAY})
    assert protections(made, NOW, 3 * DAY).digests == {}
    assert protections(made, NOW + 40 * DAY, 50 * DAY).digests == {"D": "used by a 44d ago (in_use_grace 50d)"}


def test_names_and_repositories_with_who_says_so():
    engine = EngineEntry(NOW, "n", 1, (R + ":1",), (Unmapped("id", (R + ":built",)),))
    sources = {
        "/x": SourceEntry(NOW, NOW, 1, 2, (R + ":1", R + ":2"), ("registry.example.com/tools",), ("P", "D")),
        "/y": SourceEntry(NOW, NOW, 1, 2, (R + ":2",), (), ("P",)),
    }
    made = ledger({"a": NOW}, hosts={"a": HostEntry(NOW, True, {"e": engine})}, sources=sources)
    found = protections(made, NOW)
    assert found.references == {
        R + ":1": "named in /x and 1 more source",
        R + ":2": "named in /x and 1 more source",
        R + ":built": "asked for on host a",
    }
    assert found.repositories == {"registry.example.com/tools": "named in /x"}
    assert found.digests == {"P": "named in /x and 1 more source", "D": "in use by a"}


@pytest.mark.parametrize(
    ("made", "at", "says"),
    [
        (None, NOW, "there is no ledger"),
        (ledger(), NOW, None),
        (ledger(), NOW + 26 * HOUR, None),
        (ledger(), NOW + 26 * HOUR + 1, "the ledger is 26h old, more than 26h: observe the fleet"),
        (ledger(), NOW - HOUR, "clock is 1h behind the ledger"),
        (ledger(), NOW - 60, None),
        (ledger(complete=False, problems=("web-7 is silent",)), NOW, "the ledger is incomplete: web-7 is silent"),
        (ledger(complete=False, problems=("one", "two", "three")), NOW, "incomplete: one (and 2 more: see"),
        (ledger(complete=False), NOW, "the ledger is incomplete: "),
    ],
)
def test_when_nothing_may_be_deleted_by_it(made, at, says):
    problem = ledger_problem(made, at)
    assert (problem is None) if says is None else (says in problem)


def test_another_age_by_choice():
    assert ledger_problem(ledger(), NOW + 2 * HOUR, HOUR).startswith("the ledger is 2h old, more than 1h")
    assert ledger_problem(replace(ledger(), last_run=NOW - DAY), NOW) is None
