# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a plan, and what becomes of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.needs import Need
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import make_plan, would_break
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collection.storages import (
    DAY,
    NOW,
    blobs,
    collector,
    digest,
    random_storages,
    repository,
    storage,
)

A, B, C, KEPT = sorted(map(digest, "abc")) + [digest("kept")]
NONE = frozenset()


def plan(*taken, found=None, stored=None, missing=NONE, own=NONE, marked=(KEPT,)):
    there = blobs(taken) if stored is None else stored
    return make_plan(found or storage(), Collection(frozenset(marked), frozenset(taken)), there, missing, own)


def test_a_row_tells_what_it_is_and_why_it_goes():
    found = storage(
        repository("app", deleted={A: NOW - 9 * DAY}),
        repository("other", deleted={A: NOW - 8 * DAY, C: NOW - 10 * DAY}),
    )
    made = plan(A, B, found=found, stored={A: StoredBlob(7, 0), B: StoredBlob(5, 0)})
    assert made.as_rows() == [
        {
            "digest": A,
            "kind": "manifest",
            "reason": "deleted from other on 2027-01-07T08:00:00Z",
            "bytes": 7,
            "action": "delete",
            "outcome": "planned",
            "error": None,
        },
        {
            "digest": B,
            "kind": "blob",
            "reason": "no manifest needs it",
            "bytes": 5,
            "action": "delete",
            "outcome": "planned",
            "error": None,
        },
    ]
    assert made.bytes == 12


def test_a_time_that_no_calendar_has():
    made = plan(A, found=storage(repository("app", deleted={A: 10**17})))
    assert made.rows[0].reason == "deleted from app on the second 100000000000000000 of 1970"


def test_our_own_image_is_not_told():
    assert [row.digest for row in plan(A, B, own=frozenset({A, C})).rows] == [B]


def test_what_is_not_on_the_disk_is_not_told():
    assert [row.digest for row in plan(A, B, stored=blobs([B])).rows] == [B]


def test_what_stays_is_what_is_there():
    assert plan(A, marked=(KEPT, B, C), missing=frozenset({C, digest("never marked")})).stays == 2


def test_the_same_content_has_the_same_name():
    assert plan(A, B).digest == plan(B, A, stored={A: StoredBlob(1, 2), B: StoredBlob(3, 4)}).digest
    assert len({plan().digest, plan(A).digest, plan(B).digest, plan(A, B).digest}) == 4
    assert plan(A).settled(NONE, {}, "").digest == plan(A).digest


def test_what_became_of_it():
    settled = plan(A, B, C).settled(frozenset({A, B}), {A: "app:1", C: "app:2"}, "no space left")
    assert [(row.outcome, row.error) for row in settled.rows] == [
        ("refused", "app:1 needs it by now"),
        ("failed", "no space left"),
        ("done", None),
    ]
    assert {row.outcome for row in plan(A, B).deferred("held").rows} == {"deferred"}


def test_the_first_loss_is_told_and_how_many_more():
    needs = {one: Need(1, "app:%s" % one[-1]) for one in (A, B, KEPT)}
    assert would_break(Collection(frozenset(), frozenset({C})), needs) is None
    told = would_break(Collection(frozenset(), frozenset({C, B, A})), needs)
    assert told.startswith("the registry's collector would delete %s (and 1 more), which app:%s needs" % (A, A[-1]))
    assert "more" not in would_break(Collection(frozenset(), frozenset({B})), needs)


@given(random_storages(), st.booleans())
def test_sizes_add_up(made, ours):
    found, stored = made
    collection = collector(found, stored)
    own = frozenset(sorted(collection.blobs)[:1]) if ours else NONE
    made_plan = make_plan(found, collection, blobs(stored), NONE, own)
    assert made_plan.bytes == 100 * len(collection.blobs - own) == sum(row["bytes"] for row in made_plan.as_rows())
    assert made_plan.stays + len(made_plan.rows) + len(own) == len(stored | collection.marked)
