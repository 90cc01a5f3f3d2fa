# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collection waits for, to the second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.barriers import (
    from_the_future,
    push_under_way,
    young_deletion,
    young_undo,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import StoredBlob
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collection.storages import (
    DAY,
    NOW,
    digest,
    repository,
    storage,
)

ONE, TWO, CANARY = digest("one"), digest("two"), digest("canary")
OWN, NONE = frozenset({CANARY}), frozenset()
WEEK, QUIET = 7 * DAY, 900
# Files carry any time that somebody gave them.
NO_CALENDAR = 10**17


def deleted(**ages):
    """A storage whose repository `name` has lost one manifest so many seconds ago."""
    return storage(*(repository(name, deleted={ONE: NOW - age}) for name, age in ages.items()))


@pytest.mark.parametrize("age, waits", [(0, True), (1, True), (WEEK - 1, True), (WEEK, False), (WEEK + 1, False)])
def test_a_deletion_can_be_undone_for_the_whole_window(age, waits):
    found = young_deletion(deleted(app=age), WEEK, OWN)
    assert (found is not None) == waits
    if found is not None:
        assert found.until == NOW - age + WEEK
        assert "1 manifests were deleted less than 7d ago (undo_window), the last app@%s" % ONE in found.reason


def test_the_last_deletion_decides():
    found = young_deletion(deleted(a=3 * DAY, b=DAY, c=9 * DAY), WEEK, OWN)
    assert found.reason.startswith("2 manifests were deleted") and "the last b@" in found.reason
    assert found.until == NOW + 6 * DAY


@pytest.mark.parametrize("age", [0, DAY, 10 * DAY])
def test_no_window_no_waiting(age):
    assert young_deletion(deleted(app=age), 0, OWN) is None
    assert young_undo(NOW - age, 0, NOW) is None


def test_our_own_image_may_be_deleted_just_now():
    found = storage(repository("imagefleet-canary", deleted={CANARY: NOW}))
    assert young_deletion(found, WEEK, OWN) is None
    assert from_the_future(storage(repository("imagefleet-canary", deleted={CANARY: NOW + 1})), None, OWN) is None
    assert young_deletion(found, WEEK, NONE) is not None


def test_nothing_was_deleted():
    assert young_deletion(storage(repository("app")), WEEK, OWN) is None


@pytest.mark.parametrize("age, waits", [(0, True), (WEEK - 1, True), (WEEK, False), (90 * DAY, False)])
def test_undo_on_this_host(age, waits):
    found = young_undo(NOW - age, WEEK, NOW)
    assert (found is not None) == waits
    if found is not None:
        assert found.until == NOW - age + WEEK and "younger than 7d (undo_window)" in found.reason


def test_no_undo_on_this_host():
    assert young_undo(None, WEEK, NOW) is None


# Clocks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead, told", [(-1, False), (0, False), (1, True), (30 * DAY, True), (NO_CALENDAR, True)])
def test_what_lies_in_the_future(ahead, told):
    found = from_the_future(deleted(app=-ahead), None, OWN)
    assert (found is not None) == told
    assert found is None or found.startswith("the deletion of app@%s (" % ONE)
    other = from_the_future(storage(), NOW + ahead, OWN)
    assert (other is not None) == told
    assert other is None or other.startswith("the newest undo (")


def test_the_latest_is_told():
    assert "the newest undo" in from_the_future(deleted(app=-1), NOW + 2, OWN)
    assert "the deletion of" in from_the_future(deleted(app=-2), NOW + 1, OWN)
    assert from_the_future(storage(), None, OWN) is None


@pytest.mark.parametrize("window", [0, WEEK])
def test_a_future_deletion_is_young_for_who_did_not_look_at_the_clock(window):
    assert young_deletion(deleted(app=-1), window, OWN) is not None
    assert young_undo(NOW + 1, window, NOW) is not None


@pytest.mark.parametrize("when", [NO_CALENDAR, -NO_CALENDAR])
def test_times_that_no_calendar_has(when):
    found = storage(repository("app", deleted={ONE: when}, uploads=when))
    young = young_deletion(found, WEEK, OWN)
    pushing = push_under_way(found, {TWO: StoredBlob(1, when)}, QUIET, OWN)
    assert (young is not None) == (pushing is not None) == (when > 0)


# Pushes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "age, waits", [(-DAY, True), (-1, True), (0, True), (QUIET - 1, True), (QUIET, False), (QUIET + 1, False)]
)
def test_a_quiet_period_passes(age, waits):
    for found in (
        push_under_way(storage(repository("app", uploads=NOW - age)), {}, QUIET, OWN),
        push_under_way(storage(repository("app")), {ONE: StoredBlob(5, NOW - age)}, QUIET, OWN),
    ):
        assert (found is not None) == waits
        if found is not None:
            assert found.until == NOW - age + QUIET and "a push may be under way (quiet_period)" in found.reason


def test_who_pushes_what_is_told():
    app = repository("app", uploads=NOW - 10)
    assert (
        "an upload into app was going on"
        in push_under_way(storage(app), {ONE: StoredBlob(1, NOW - 20)}, QUIET, OWN).reason
    )
    assert "%s came, which" % ONE in push_under_way(storage(app), {ONE: StoredBlob(1, NOW - 5)}, QUIET, OWN).reason


def test_no_quiet_period_no_waiting():
    found = storage(repository("app", uploads=NOW))
    assert push_under_way(found, {ONE: StoredBlob(1, NOW + 5)}, 0, OWN) is None


def test_our_own_image_is_no_push():
    assert push_under_way(storage(), {CANARY: StoredBlob(1, NOW)}, QUIET, OWN) is None


@given(
    st.lists(st.integers(-100, 2000), max_size=4), st.lists(st.integers(-100, 2000), max_size=4), st.integers(1, 1000)
)
def test_the_newest_sign_decides(uploads, arrivals, quiet):
    found = storage(*(repository("repo-%d" % at, uploads=NOW - age) for at, age in enumerate(uploads)))
    fresh = {digest(at): StoredBlob(1, NOW - age) for at, age in enumerate(arrivals)}
    wait = push_under_way(found, fresh, quiet, OWN)
    youngest = min(uploads + arrivals, default=quiet)
    assert (wait is not None) == (youngest < quiet)
    assert wait is None or wait.until == NOW - youngest + quiet
