# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._sync.removal import APART, Vanished, plan_removal

NOW = 1_800_000_000
DIGEST = "sha256:" + "a" * 64


def vanished(tag, ago, region="eu"):
    return Vanished(region, "app", "app", tag, DIGEST, NOW - ago)


def test_a_tag_goes_when_two_lists_a_day_apart_lack_it():
    rows, refused = plan_removal([vanished("1", APART), vanished("2", APART - 1), vanished("3", 0)], NOW, 10, None)
    assert [(row.tag, row.action, row.outcome) for row in rows] == [
        ("1", "remove", "planned"),
        ("2", "hold", "deferred"),
        ("3", "hold", "deferred"),
    ]
    assert refused is None
    assert rows[0].reason == "lists of the source lack it since 2027-01-14T08:00:00Z"
    assert rows[1].error == "it may go from 2027-01-15T08:00:01Z on"


def test_more_than_the_maximum_is_for_people_to_look_at():
    """The same tag in several regions counts once."""
    many = [vanished(str(number), APART, region) for number in range(3) for region in ("eu", "us")]
    rows, refused = plan_removal([*many, vanished("young", 0)], NOW, 3, None)
    assert refused is None and [row.action for row in rows] == ["remove"] * 6 + ["hold"]
    rows, refused = plan_removal(many, NOW, 2, None)
    assert refused == "the source has lost 3 tags, and max_removals is 2: none is removed; look why, then raise it"
    assert {(row.action, row.outcome, row.error) for row in rows} == {("hold", "deferred", refused)}


def test_clocks_that_are_not_trusted_decide_nothing():
    rows, refused = plan_removal([vanished("1", APART * 9)], NOW, 10, "the clock jumped")
    assert [(row.action, row.outcome, row.error) for row in rows] == [("hold", "deferred", "the clock jumped")]
    assert refused is None
