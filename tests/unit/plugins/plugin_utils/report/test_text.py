# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.fleet import read_fleet, read_host
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import host_lines, summary_lines
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import samples

EXPECTED = ["web-1", "web-2", "web-3", "db-1"]


def lines(results: Dict[str, Any], expected: Any = None) -> List[str]:
    return summary_lines(results, expected)


def test_everybody_answered() -> None:
    shown = lines(samples.ordinary(), EXPECTED)
    assert shown[0] == "4 of 4 hosts answered."
    assert "Reclaimable: 3.17 GB to 3.56 GB (not exact). Nothing was deleted." in shown


@pytest.mark.parametrize(
    "result,words",
    [
        (None, "did not take part in this run"),
        ({}, "did not take part in this run"),
        ({"skipped": True, "changed": False}, "did not take part in this run"),
        ({"unreachable": True, "msg": "timed out"}, "unreachable: timed out"),
        ({"changed": False}, "gave no result"),
    ],
)
def test_a_silent_host_is_named(result: Any, words: str) -> None:
    shown = lines({**samples.ordinary(), "web-2": result}, EXPECTED)
    assert shown[0] == "3 of 4 hosts answered. This picture of the fleet is incomplete."
    assert shown[1] == "  no answer: web-2 (%s)" % words


def test_a_host_of_the_group_that_the_limit_left_out_is_silent() -> None:
    shown = lines({"web-1": samples.result()}, ["web-1", "web-9"])
    assert shown[0].startswith("1 of 2 hosts answered. This picture")
    assert "web-9 (did not take part in this run)" in shown[1]


def test_an_empty_group_says_nothing_about_a_fleet() -> None:
    assert lines({}, []) == [
        "No host was expected: the group is empty, so this says nothing about any fleet. "
        "This picture of the fleet is incomplete."
    ]


def test_a_host_outside_the_group_does_not_count_as_coverage() -> None:
    shown = lines({"other": samples.result()}, ["web-1"])
    assert shown[0].startswith("0 of 1 hosts answered") or shown[0].startswith("0 of 1 host answered")
    assert any("also answered, not in the group: other" in line for line in shown)


def test_a_failed_host_answered_but_is_named() -> None:
    shown = lines({"web-1": {"failed": True, "msg": "keep[0].newest: 'x' is no number"}}, ["web-1"])
    assert shown[:2] == ["1 of 1 host answered.", "  failed: web-1 (keep[0].newest: 'x' is no number)"]


def test_a_refused_plan_is_shown_with_the_refusal() -> None:
    refused = {**samples.result(), "failed": True, "msg": "refuse_above: 3: the plan deletes 4 references"}
    shown = lines({"web-1": refused}, ["web-1"])
    assert "  failed: web-1 (refuse_above: 3: the plan deletes 4 references)" in shown
    assert any("shop/api:2026.41" in line for line in shown)
    assert any(line.endswith("stopped, see above") for line in shown)


def test_planned_stands_next_to_freed() -> None:
    shown = lines(samples.ordinary(applied=True), EXPECTED)
    assert "Planned 3.17 GB to 3.56 GB (not exact), freed 2.38 GB; 12 deleted." in shown
    assert any(line.startswith("HELD: db-1 deletes nothing: database migration tonight") for line in shown)
    assert any("3 done, 1 planned" in line for line in shown)


def test_same_finding_on_many_hosts_is_one_line() -> None:
    shown = lines(samples.large(40))
    assert sum("shop/api:2026.41" in line for line in shown) == 1
    assert any("all 40 hosts" in line and "shop/api:2026.41" in line for line in shown)


def test_rows_are_sorted_by_bytes_and_counted() -> None:
    result = samples.result()
    result["plan"] = [samples.row("shop/x:%d" % size, "delete", size, "old") for size in range(1, 30)]
    shown = host_lines(result)
    start = shown.index("To delete, most bytes first:")
    assert [line.split()[0] for line in shown[start + 2 : start + 12]] == [
        "shop/x:%d" % size for size in range(29, 19, -1)
    ]
    assert shown[start + 12] == "  and 19 more"


def test_near_misses_held_space_notes_and_audit_are_there() -> None:
    text = "\n".join(lines(samples.ordinary(), EXPECTED))
    assert "would go with: docker image prune -a; stays here: one of 2 names of the image of container api-1" in text
    assert "containers that exited long ago on all 4 hosts: web-1: migrate-0412" in text
    assert "use has been sampled since 2026-10-01 only" in text
    assert (
        "web-1: at 2026-11-23T09:30:00Z, policy 823412d1eacb, valid until 2026-12-14T00:00:00Z, plan 64879f7d6b96"
        in text
    )


def test_one_host_without_coverage() -> None:
    shown = host_lines(samples.result(applied=True))
    assert shown[0] == "8 images under 9 names: 5 stay, 4 to delete, 6 not used by anything."
    assert shown[1] == "Planned 792.00 MB (exact), freed 792.00 MB; 4 deleted."
    assert not any("answered" in line for line in shown)


def test_hostile_names_stay_on_their_line_and_secrets_stay_out() -> None:
    shown = lines(samples.hostile())
    assert all(line.isprintable() for line in shown)
    assert max(len(line) for line in shown) < 1500
    for secret in samples.SECRETS:
        assert secret not in "\n".join(shown)


def test_damaged_results_do_not_break_the_report() -> None:
    fleet = read_fleet(samples.damaged())
    assert [host.state for host in fleet.hosts] == ["silent", "silent", "silent", "clean"]
    assert lines(samples.damaged())


@pytest.mark.parametrize(
    "exit_code,message,state",
    [
        (0, "", "planned"),
        (4, "held: x", "planned"),
        (3, "2 deletions failed", "failed"),
        (5, "planned only: expired", "failed"),
    ],
)
def test_a_report_of_the_host_command_is_read(exit_code: int, message: str, state: str) -> None:
    host = read_host("web-1", samples.report(samples.result(), exit_code=exit_code, message=message))
    assert host.state == state
    assert host.audit.policy_issued == "2026-11-14T00:00:00Z"
    assert host.counts.to_delete == 4


def test_a_run_without_result_shows_the_last_one_that_had_one() -> None:
    earlier = {"finished": "2026-11-20T09:30:00Z", "exit_code": 0, "result": samples.result()}
    told = samples.report(None, exit_code=7, message="the engine does not answer", last_with_result=earlier)
    host = read_host("web-1", told)
    assert host.answered
    assert host.problem == "the engine does not answer (the figures are those of the run at 2026-11-20 09:30 UTC)"
    assert host.counts.to_delete == 4
    told["last_with_result"] = None
    assert read_host("web-1", told).problem == "the engine does not answer"


def test_an_unreachable_disk_target_is_told_once() -> None:
    why = "95% used; the rules allow 0 B"
    result = samples.result(pressure={"state": "95 GB of 100 GB", "unreachable": why}, notes=[why, "other"])
    text = "\n".join(host_lines(result))
    assert text.count(why) == 1
    assert "other" in text
