# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done in each region, and what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import (
    COPY,
    DEFERRED,
    DONE,
    FAILED,
    KEEP,
    MOVE,
    PLANNED,
    Ledger,
    as_rows,
    compare_tag,
    plan_digest,
    waiting_for,
)

NEW, OLD = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def row(region="eu", tag="1.0.0", held=None, digest=NEW, floating=False):
    return compare_tag(region, "app", "src/app", tag, digest, digest, held, floating)


@pytest.mark.parametrize("held, action, outcome", [(None, COPY, PLANNED), (OLD, MOVE, PLANNED), (NEW, KEEP, None)])
def test_compare(held, action, outcome):
    found = row(held=held)
    assert (found.action, found.outcome, found.previous, found.source) == (action, outcome, held, "src/app")
    assert held is None or action == KEEP or held in found.reason


def test_floating_tags_wait_for_every_region():
    rows = [
        row(tag="latest", floating=True),
        row("us", "latest", floating=True),
        row(),
        row(tag="edge", digest=OLD, floating=True),
    ]
    found = waiting_for(rows, {("app", NEW): ["ap", "us"]})
    assert set(found) == {("eu", "app", "latest"), ("us", "app", "latest")}
    assert set(found.values()) == {"it moves when every region holds %s; missing in ap, us" % NEW}


def test_what_need_not_move_does_not_wait():
    assert waiting_for([row(held=NEW, floating=True)], {("app", NEW): ["us"]}) == {}
    assert waiting_for([row(floating=True)], {("app", OLD): ["us"], ("other", NEW): ["us"], ("app", NEW): []}) == {}


def test_the_first_failure_stays():
    ledger, one = Ledger(), row()
    assert ledger.of(one) is None
    ledger.settle(one, FAILED, "first")
    ledger.settle(one, FAILED, "second")
    ledger.settle(one, DONE)
    assert ledger.of(one) == FAILED
    assert ledger.settled([one]) == [replace(one, outcome=FAILED, error="first")]


def test_what_was_settled_may_still_fail():
    ledger, one, other = Ledger(), row(), row("us")
    ledger.settle(one, DEFERRED, "wait")
    ledger.settle(one, FAILED, "late")
    settled = ledger.settled([one, other])
    assert settled == [replace(one, outcome=FAILED, error="late"), other]


def test_the_plan_has_a_name_of_its_own():
    rows = [row(), row("us", held=OLD)]
    assert plan_digest(rows) == plan_digest(rows[::-1])
    assert plan_digest(rows) == plan_digest([*rows, row("ap", held=NEW)])
    others = [[row()], [row(), row("us")], [row(tag="2"), row("us", held=OLD)], [row(digest=OLD), row("us", held=OLD)]]
    assert len({plan_digest(one) for one in [rows, *others]}) == 5


def test_results_have_what_changes():
    assert [one["region"] for one in as_rows([row(), row("us", held=NEW)])] == ["eu"]
