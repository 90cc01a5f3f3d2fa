# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run remembers of the images that it left to a registry (S1)."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.memory import KEEP_RELEASED, next_state
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import EngineState
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._prune.hosts import (
    APP,
    DAY,
    NOW,
    host,
    image,
)

ID, INDEX, CHILD, CONFIG = ("sha256:" + letter * 64 for letter in "abcd")
GONE = image("a" * 64, APP + ":1", digests=(APP + "@" + INDEX,), members=(CHILD, CONFIG, "no digest"))
STAYS = image("e" * 64, APP + ":2")


def after(removed, leaving, released=None):
    state = EngineState(started=1, last_run=NOW - DAY, released=released or {})
    return next_state(Look(host(GONE, STAYS), state, 0.0), frozenset(removed), frozenset(leaving))


def test_every_digest_that_means_a_released_image_is_remembered():
    state = after([ID], [ID])
    assert state.released == dict.fromkeys([ID, INDEX, CHILD, CONFIG], NOW)
    assert list(state.images) == [STAYS.id]


def test_what_was_deleted_otherwise_is_not():
    assert after([ID], []).released == {}


def test_it_is_announced_before_it_goes():
    state = after([], [ID])
    assert ID in state.released and ID in state.images


def test_earlier_ones_are_kept_for_90_days():
    assert KEEP_RELEASED == 90 * DAY
    state = after([], [], released={"old": NOW - 90 * DAY, "older": NOW - 90 * DAY - 1, INDEX: NOW - DAY})
    assert state.released == {"old": NOW - 90 * DAY, INDEX: NOW - DAY}
    assert after([ID], [ID], released={INDEX: NOW - DAY}).released[INDEX] == NOW
