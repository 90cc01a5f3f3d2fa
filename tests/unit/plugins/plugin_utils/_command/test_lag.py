# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a region has been behind, by the reports of earlier checks."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.lag import longest, with_history
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.distribution_samples import (
    drift,
    entry,
    equal,
)

FIRST, SECOND = 1_764_000_000, 1_764_003_600


def fresh(*entries):
    """As the core returns them."""
    return drift([{key: value for key, value in one.items() if key not in ("since", "runs")} for one in entries])


def checked(*rounds):
    """The last of several checks, an hour apart."""
    report = {}
    for number, entries in enumerate(rounds):
        report = {"result": with_history(fresh(*entries), report, FIRST + 3600 * number)}
    return report["result"]


def seen(result):
    return {one["tag"]: (one["since"], one["runs"]) for one in result["drift"]}


def test_what_lasts_keeps_its_beginning():
    lasting, new = entry("us", "1", "missing"), entry("us", "2", "missing")
    assert seen(checked([lasting], [lasting, new])) == {
        "1": ("2025-11-24T16:00:00Z", 2),
        "2": ("2025-11-24T17:00:00Z", 1),
    }


def test_what_went_away_begins_anew():
    one = entry("us", "1", "missing")
    assert seen(checked([one], [], [one])) == {"1": ("2025-11-24T18:00:00Z", 1)}


def test_a_region_that_moved_meanwhile_is_not_stuck():
    """The source moves faster than checks come, and the region follows it."""
    assert seen(
        checked([entry("us", "latest", "different", held="a")], [entry("us", "latest", "different", held="b")])
    ) == {"latest": ("2025-11-24T17:00:00Z", 1)}
    stuck = [[entry("us", "latest", "different", held="a", digest=new)] for new in ("x", "y", "z")]
    assert seen(checked(*stuck)) == {"latest": ("2025-11-24T16:00:00Z", 3)}


def test_names_are_told_apart():
    one = entry("us", "1", "missing")
    assert longest(checked([one], [entry("eu", "1", "missing")])) == 1
    assert longest(checked([one], [entry("us", "1", "missing", repository="shop/api")])) == 1


def test_a_check_without_a_result_forgets_nothing():
    before = {"result": None, "last_with_result": {"result": checked([entry("us", "1", "missing")])}}
    assert longest(with_history(fresh(entry("us", "1", "missing")), before, SECOND)) == 2


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"result": {}},
        {"result": {"drift": None}},
        {"result": {"drift": [7, {}, {"since": 1, "runs": "x"}]}},
        {"result": None, "last_with_result": "x"},
    ],
)
def test_a_damaged_report_is_as_good_as_none(report):
    assert longest(with_history(fresh(entry("us", "1", "missing")), report, FIRST)) == 1


def test_what_only_a_region_has_is_not_behind():
    assert longest(checked([entry("us", "own", "extra")], [entry("us", "own", "extra")])) == 0
    assert longest(equal()) == longest(None) == 0
    assert longest(checked([entry("us", None, "unknown")], [entry("us", None, "unknown")])) == 2
