# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regions for people to read, in a terminal and on the page."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution import drift_lines, sync_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.distribution_results import (
    distribution_lines,
    read_distribution,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import distribution_samples as made
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)

REPORT = {"exit_code": 11, "message": "4 tags differ in us", "finished": "2026-11-23T09:30:00Z"}


def page(**told):
    return fleet_page({}, [], distributions={"shop": told})


def test_a_region_that_lags_is_seen_at_a_glance():
    assert drift_lines(made.lagging()) == [
        "Regions: 1 of 3 regions equal; behind: us; not known: ap; 200 tags compared.",
        "  REGION  STATE    EQUAL  MISSING  DIFFERENT  PLATFORM  SIGNATURE  EXTRA  UNKNOWN  BEHIND",
        "  us      BEHIND      96        1          1         1          1      0        0  "
        "since 2026-11-22 08:00 UTC: shop/web:1.9.0, shop/web:2.0.0, shop/web:2.1.0 and 1 more",
        "  ap      UNKNOWN      0        0          0         0          0      0        1  "
        "since 2026-11-22 08:00 UTC: shop/web",
        "  eu      equal      100        0          0         0          0      1        0  -",
        "Tags that differ:",
        "  REGION  REPOSITORY  TAG     STATUS             SINCE                 REASON",
        "  us      shop/web    1.9.0   missing_signature  2026-11-22 08:00 UTC  why it is missing_signature",
        "  us      shop/web    2.0.0   missing_platform   2026-11-22 08:00 UTC  why it is missing_platform",
        "  us      shop/web    2.1.0   missing            2026-11-22 08:00 UTC  why it is missing",
        "  us      shop/web    latest  different          2026-11-23 08:00 UTC  why it is different",
        "  ap      shop/web    -       unknown            2026-11-22 08:00 UTC  no answer from ap.registry.example.com",
        "  eu      shop/web    own     extra              2026-11-22 08:00 UTC  why it is extra",
        "Could not be compared:",
        "  region ap: no answer from ap.registry.example.com",
        "Audit: 402 requests",
    ]


def test_nothing_differs():
    lines = drift_lines(made.equal())
    assert lines[0] == "Regions: 3 of 3 regions equal; 300 tags compared." and len(lines) == 6
    assert not [line for line in lines if "BEHIND" in line and "STATE" not in line]


def test_a_result_of_the_module_has_no_history():
    entries = [
        {key: value for key, value in one.items() if key not in ("since", "runs")} for one in made.lagging()["drift"]
    ]
    lines = "\n".join(drift_lines(made.drift(entries)))
    assert "since" not in lines and "shop/web:2.1.0" in lines


def test_what_a_sync_brought():
    assert sync_lines(made.brought()) == [
        "Regions: 300 tags compared, 297 unchanged, 3 brought (31.00 MB read, 94.00 MB sent).",
        "  eu: 1 done",
        "  us: 1 done",
        "  ap: 1 done",
        "Tags that differ:",
        "  REGION  REPOSITORY  TAG    ACTION  STATUS  REASON",
        "  eu      shop/web    2.1.0  copy    done    missing",
        "  us      shop/web    2.1.0  copy    done    missing",
        "  ap      shop/web    2.1.0  copy    done    missing",
        "Audit: plan %s, 421 requests" % digest("plan")[:19],
    ]


def test_what_could_not_be_brought_comes_first():
    lines = sync_lines(made.partly())
    assert "1 brought (31.00 MB read, 94.00 MB sent), 2 deferred, 1 failed." in lines[0]
    table = [line.split() for line in lines[lines.index("Tags that differ:") + 2 :][:4]]
    assert [cells[4] for cells in table] == ["failed", "deferred", "deferred", "done"]
    assert [cells[3] for cells in table] == ["copy", "hold", "copy", "copy"]
    assert "  region ap: no answer" in lines


def test_what_waits_for_a_scan_is_told_with_its_next_step():
    lines, shown = sync_lines(made.gated()), page(sync=made.gated())
    assert "1 brought (31.00 MB read, 94.00 MB sent), 1 deferred, 1 kept back by the scan gate." in lines[0]
    (row,) = [line for line in lines if " hold " in line]
    assert "scan gate: sha256:" in row and "1 kept back by the scan gate" in shown
    assert "was never scanned; scan it with scout_scan" in shown


def test_what_was_removed_is_told_and_how_it_comes_back():
    note = "region eu, shop/web: registry_restore puts back what was removed, run_id 20260730T031502Z-0c1d2e3f"
    result = made.sync([made.row("eu", "1.0.0", action="remove", reason="lists lack it")], notes=[note])
    lines = sync_lines(result)
    assert ", 1 removed." in lines[0] and "  " + note in lines and note in page(sync=result)


def test_long_lists_are_cut_and_say_so():
    many = made.drift([made.entry("us", str(number), "missing") for number in range(30)])
    assert "  and 25 more" in drift_lines(many, top=5) and "  and 20 more" in drift_lines(many)
    rows = made.sync([made.row("us", str(number)) for number in range(30)])
    assert "  and 25 more" in sync_lines(rows, top=5)
    assert not [line for line in drift_lines(many, top=30) if "and " in line and "more" in line and "since" not in line]


def test_shares_of_several_hosts_are_put_together():
    found = read_distribution(
        "shop", {"drift": [made.lagging(), made.equal()], "sync": [made.brought(), made.partly()]}
    )
    assert found.problems == () and found.drift and found.sync and found.drift.result and found.sync.result
    assert found.drift.result["summary"]["tags"] == 500 and len(found.drift.result["drift"]) == 6
    figures = {one["region"]: one for one in found.drift.result["regions"]}
    assert figures["us"]["tags"] == 200 and figures["us"]["equal"] == 196 and figures["us"]["missing"] == 1
    assert found.sync.result["summary"]["copied"] == 4 and found.sync.result["problems"] == ["region ap: no answer"]
    assert "Audit: plan -, 842 requests" in distribution_lines("shop", {"sync": [made.brought(), made.partly()]}, 10)


def test_reports_of_the_host_command():
    told = {
        "drift": {**REPORT, "result": made.lagging()},
        "sync": [{**REPORT, "exit_code": 7, "message": "no answer", "result": None}],
    }
    lines = distribution_lines("shop", told, 10)
    assert lines[:2] == ["Distribution shop", "Compared 2026-11-23 09:30 UTC"] and lines[-1] == "It failed: no answer"
    # That regions differ is what the tables show, and no failure of the check.
    assert not [line for line in lines if "4 tags differ" in line]
    earlier = {"finished": "2026-11-22T09:30:00Z", "result": made.brought()}
    again = distribution_lines("shop", {"sync": {**told["sync"][0], "last_with_result": earlier}}, 10)
    assert "Last sync 2026-11-22 09:30 UTC" in again and again[-1] == "It failed: no answer"


@pytest.mark.parametrize("told", [{}, None, "text", {"drift": {}}, {"sync": []}])
def test_what_was_not_asked_is_told(told):
    assert distribution_lines("shop", told, 10) == ["Distribution shop", "It failed: It was not asked."]


@pytest.mark.parametrize("told", [{"drift": {"skipped": True}}, {"sync": [7]}])
def test_a_host_without_a_result_is_told(told):
    assert distribution_lines("shop", told, 10)[-1] == "It failed: A host gave no result."


def test_hostile_names_stay_on_their_line():
    assert all(line.isprintable() for line in distribution_lines(HOSTILE[0], made.hostile(), 1000))


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_a_page_escapes_what_it_shows(text):
    assert text not in page(**made.hostile())


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_shown(secret):
    shown = "\n".join(distribution_lines("shop", made.hostile(), 1000))
    assert secret not in shown + page(**made.hostile())


def test_a_page_tells_what_lines_tell():
    shown = page(drift={**REPORT, "result": made.lagging()}, sync=made.partly())
    for words in (
        "1 of 3 regions equal; behind: us; not known: ap; 200 tags compared (2026-11-23 09:30 UTC).",
        '<span class="chip bad">behind</span>',
        '<span class="chip warn">unknown</span>',
        '<span class="chip good">equal</span>',
        "since 2026-11-22 08:00 UTC: shop/web:1.9.0",
        "Last sync: 300 tags compared",
        "1 done, 1 deferred",
        "1 failed",
        "it moves when every region holds it",
    ):
        assert words in shown
    assert 'href="#distribution-0"' in shown and "It was not asked." in page()
