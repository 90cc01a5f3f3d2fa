# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention by the playbooks, on hosts that run images of a real registry: what they use stays, and whenever it is not known of
everyone, nothing goes and the message says what to do (S1-S4, S11)."""

from __future__ import annotations

import email.utils
import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator

import pytest
from coverage_estate import APP, NAMED, NEWEST, TAGS, UNUSED, USED, Estate, Outcome, line_to_add
from engine_detour import detour
from faults import Fault
from fleet_playbooks import GONE, NOWHERE
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from proxy import Answer, changed
from scheduled_retention import NAME, ScheduledRetention
from whole import all_whole

HOUR, DAY = 3600, 86400
#: Host-4 as if it were switched off.
DOWN = {"switched_off": {"hosts": {"host-4": NOWHERE}}}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder = tmp_path_factory.mktemp("coverage")
    with OwnRegistry(folder / "registry") as registry:
        estate = Estate(folder, registry)
        try:
            estate.open()
            yield estate
        finally:
            estate.close()


@pytest.fixture
def estate(opened: Estate) -> Estate:
    opened.fresh()
    return opened


def tidied(estate: Estate, outcome: Outcome, *more: str) -> None:
    """What nobody uses is gone, with these tags; the rest is there and whole."""
    assert outcome.code == 0, outcome.output
    assert estate.tags() == TAGS - UNUSED - set(more)
    assert all_whole(estate.registry.address, APP) == []


def blocked(estate: Estate, outcome: Outcome, *words: str) -> None:
    """The play fails and says all of this; there was something to delete, and nothing was."""
    assert outcome.code == 2, outcome.output
    for text in words:
        assert text in outcome.message, outcome.message
    assert outcome.result["summary"]["to_delete"] >= len(UNUSED)
    assert outcome.result["summary"]["deleted"] == 0 and outcome.result["run_id"] is None
    assert estate.holdings() == estate.all_of_it()
    assert not (estate.folder / "undo").exists()


# Everybody answers ---------------------------------------------------------------------------------------------------


def test_what_hosts_use_stays_and_what_nobody_uses_goes(estate: Estate) -> None:
    checked = estate.retention("--check")
    assert checked.code == 0 and estate.holdings() == estate.all_of_it(), checked.output
    done = estate.retention(image_fleet_registry_expect_plan=checked.result["plan_digest"])
    tidied(estate, done)
    assert done.result["plan_digest"] == checked.result["plan_digest"]
    for tag, (host, _state) in USED.items():
        assert done.reasons()[tag].endswith("in use by " + host)
        assert "%s:%s  in use by %s" % (APP, tag, host) in done.output
    assert done.reasons()[NAMED].endswith("named in %s" % estate.source)
    assert set(done.reasons()) == {*USED, NAMED, NEWEST}
    again = estate.retention()
    assert again.code == 0 and again.result["changed"] is False, again.output


# Not everybody answers (S2) ------------------------------------------------------------------------------------------


def test_limit(estate: Estate) -> None:
    outcome = estate.retention("--limit", "all:!host-4")
    blocked(
        estate,
        outcome,
        "the ledger is incomplete: 1 of 4 expected hosts were not asked (host-4)",
        "Run without --limit, and keep results of unreachable hosts (ignore_unreachable: true)",
    )


def test_a_host_that_never_answered(estate: Estate) -> None:
    fleet = {"fleet": {"children": {"image_hosts": {}}, "hosts": GONE}}
    outcome = estate.retention(groups=fleet, image_fleet_hosts="fleet")
    blocked(
        estate,
        outcome,
        "gone did not answer: it was unreachable",
        "It has never answered completely, so what it uses is not known. Let it answer; if it is gone for good, add:  "
        "retired_hosts: [gone]",
    )
    retired = estate.retention(groups=fleet, image_fleet_hosts="fleet", **line_to_add(outcome.message))
    tidied(estate, retired)


def test_a_host_that_is_down_counts_by_the_ledger(estate: Estate) -> None:
    outcome = estate.retention(groups=DOWN)
    tidied(estate, outcome)
    assert "in use by host-4, which last told " in outcome.reasons()["1.3.0"]
    assert "host-4 did not answer: it was unreachable" in outcome.output
    assert "counts by the ledger for another 6d" in outcome.output


def test_a_host_that_is_down_for_longer_than_host_grace(estate: Estate) -> None:
    estate.ledger.move_host("host-4", -8 * DAY)
    outcome = estate.retention(groups=DOWN)
    blocked(
        estate,
        outcome,
        "host-4 did not answer: it was unreachable",
        "It last answered 8d ago, longer than host_grace (7d). Let it answer; if it is gone for good, add:  "
        "retired_hosts: [host-4]",
        "retired_hosts is image_fleet_retired_hosts",
    )
    assert "in use by host-4, which last told 8d ago" in outcome.reasons()["1.3.0"]
    retired = estate.retention(groups=DOWN, **line_to_add(outcome.message))
    tidied(estate, retired, "1.3.0")  # nobody waits for host-4 any more, so what it used is forgotten


def test_a_host_that_is_back_after_host_grace(estate: Estate) -> None:
    estate.ledger.move_host("host-4", -8 * DAY)
    tidied(estate, estate.retention())


def test_a_silent_engine(estate: Estate) -> None:
    with estate.hosts["host-4"].docker_stopped():
        outcome = estate.retention()
    blocked(
        estate,
        outcome,
        "host-4 did not answer: image_usage_info failed there (No answer from the Docker Engine at unix:///var/run/docker.sock",
        "The host was reached, so host_grace does not bridge this",
        "Let it answer; if it is gone for good, add:  retired_hosts: [host-4]",
    )
    assert "in use by host-4, which last told " in outcome.reasons()["1.3.0"]


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        (
            {"host-1": {}, "host-2": {}, "host-3": {}},
            "expected_hosts names 3 hosts, 4 at the last complete run: more than 10 % fewer (host-4). Check the inventory; "
            "for hosts that are gone for good, add:  retired_hosts: [host-4]",
        ),
        ({}, "expected_hosts is empty: no inventory group says who must answer"),
    ],
    ids=["shrunk", "emptied"],
)
def test_an_inventory_that_lost_hosts(estate: Estate, hosts: dict[str, Any], words: str) -> None:
    outcome = estate.retention(groups={"smaller": {"hosts": hosts}}, image_fleet_hosts="smaller")
    blocked(estate, outcome, words)
    # What they use is known all the same.
    assert set(outcome.reasons()) == {*USED, NAMED, NEWEST}


# The ledger (S1, S4) -------------------------------------------------------------------------------------------------


def test_a_lost_ledger(estate: Estate) -> None:
    estate.ledger.path.unlink()
    outcome = estate.retention()
    assert outcome.code == 2 and outcome.result == {}, outcome.output
    assert "there is no ledger at %s. If there was one, it is lost" % estate.ledger.path in outcome.output
    assert "put a backup of it back" in outcome.output and "give first_run: true for one run" in outcome.output
    assert "first_run is image_fleet_first_run" in outcome.output
    assert estate.holdings() == estate.all_of_it() and not estate.ledger.path.exists()
    tidied(estate, estate.retention(image_fleet_first_run=True))


# Clocks (S11) --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (HOUR, ("this machine's clock is ", " behind the last run of the ledger", "set it right and run again")),
        (
            -8 * DAY,
            (
                "the last run of the ledger was 8d ago",
                "this run brings it up to date, and the next one can be complete",
            ),
        ),
    ],
    ids=["behind", "jumped"],
)
def test_the_clock_of_the_control_host(estate: Estate, seconds: int, words: tuple[str, ...]) -> None:
    estate.ledger.move_run(seconds)
    blocked(estate, estate.retention(), *words)
    tidied(estate, estate.retention())


def test_the_clock_of_an_engine(estate: Estate, tmp_path: Path) -> None:
    """An hour ahead of that of its host, as the engine tells it."""

    def ahead(_method: str, path: str, _query: Any, _nth: int) -> Answer:
        now = datetime.now(timezone.utc) + timedelta(hours=1)
        return changed(SystemTime=now.isoformat()) if path == "/info" else None

    with detour(estate.hosts["host-4"], tmp_path, ahead) as docker_host:
        way = {"detour": {"hosts": {"host-4": {"image_cleanup_docker_host": docker_host}}}}
        outcome = estate.retention(groups=way)
    blocked(
        estate,
        outcome,
        "host-4 did not answer: the clocks of its engine and of the host differ by 1h; set them right",
        "The host was reached, so host_grace does not bridge this",
    )
    assert "in use by host-4, which last told " in outcome.reasons()["1.3.0"]


def test_the_clock_of_the_registry(estate: Estate) -> None:
    """Ages decide nothing then, however the rules are written."""
    with MeddlingProxy(estate.registry.address) as proxy:
        date = email.utils.formatdate(time.time() - 3.5 * DAY, usegmt=True)
        proxy.faults.add(Fault(headers=(("Date", date),)))
        aged = [{"repositories": "**", "older_than": "1d", "clock": "created"}]
        outcome = estate.retention(image_fleet_registry=proxy.address, image_fleet_registry_delete=aged)
        assert not any(one.method == "DELETE" for one in proxy.requests())
    assert outcome.code == 0 and outcome.result["changed"] is False, outcome.output
    assert "differ by 3d; set them right" in outcome.result["clocks_distrusted"]
    assert "ages decide nothing in this run: the registry %s's clock" % proxy.address in outcome.output
    assert {outcome.reasons()[tag].partition(":")[0] for tag in UNUSED} == {"kept because ages cannot be trusted"}


# Sources outside the inventory (S3) ----------------------------------------------------------------------------------


def _missing(source: Path) -> None:
    source.unlink()


def _stale(source: Path) -> None:
    moment = time.time() - 27 * HOUR
    os.utime(source, (moment, moment))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_missing, "there is no such file. What it names may be in use; write it again, or take it off the list"),
        (_stale, "it was written 27h ago, more than max_age (26h). Write it again, or give it another max_age"),
    ],
    ids=["missing", "stale"],
)
def test_a_source_that_cannot_be_relied_on(estate: Estate, spoil: Any, words: str) -> None:
    spoil(estate.source)
    outcome = estate.retention()
    blocked(estate, outcome, "the ledger is incomplete: protect_from: %s: %s" % (estate.source, words))
    assert outcome.reasons()[NAMED].endswith("named in %s" % estate.source)


def test_a_source_that_shrank(estate: Estate) -> None:
    estate.write_source(others=0)
    outcome = estate.retention()
    blocked(
        estate,
        outcome,
        "it names 1 images, less than half of the 4 when it was last read; if that is right, give for one run  "
        "{path: %s, may_shrink: true}" % estate.source,
    )
    allowed = estate.retention(image_fleet_protect_from=[{"path": str(estate.source), "may_shrink": True}])
    tidied(estate, allowed)


# On schedule, without Ansible (S4) -----------------------------------------------------------------------------------


@pytest.fixture
def scheduled(estate: Estate) -> Iterator[ScheduledRetention]:
    options = {"registry": estate.registry.address, **estate.policy()}
    with ScheduledRetention(estate.hosts["host-4"], options) as found:
        yield found


def test_on_schedule_by_a_fresh_ledger(estate: Estate, scheduled: ScheduledRetention) -> None:
    done = scheduled.run(estate.ledger.path.read_bytes())
    assert done.code == done.report["exit_code"] == 0, done.output
    assert estate.tags() == TAGS - UNUSED and scheduled.deleted_anything()
    assert 'imagefleet_retention_ledger_incomplete{name="%s"} 0' % NAME in done.metrics


def _old(estate: Estate) -> bytes | None:
    estate.ledger.move_run(-27 * HOUR)
    return estate.ledger.path.read_bytes()


def _incomplete(estate: Estate) -> bytes | None:
    assert estate.run("ledger", "--limit", "all:!host-4").code == 0
    return estate.ledger.path.read_bytes()


def _lost(_estate: Estate) -> bytes | None:
    return None


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        (_old, ["the ledger is 27h", " old, more than 26h: observe the fleet and run fleet_ledger again"]),
        (
            _incomplete,
            ["the ledger is incomplete: 1 of 4 expected hosts were not asked (host-4)", "Run without --limit"],
        ),
        (_lost, ["there is no ledger of what the fleet uses; run fleet_ledger (the first time with first_run: true)"]),
    ],
    ids=["old", "incomplete", "lost"],
)
def test_on_schedule_without_a_ledger_to_rely_on(
    estate: Estate, scheduled: ScheduledRetention, ledger: Any, words: list[str]
) -> None:
    done = scheduled.run(ledger(estate))
    assert done.code == done.report["exit_code"] == 8, done.output
    message = "imagefleet: what the fleet uses is not known, so nothing was deleted: " + words[0]
    assert message in done.output and ("imagefleet: " + done.report["message"]).startswith(message)
    for text in words:
        assert text in done.report["message"]
    assert done.report["exit_meaning"].endswith("or an incomplete ledger; nothing deleted")
    assert 'imagefleet_retention_exit_code{name="%s"} 8' % NAME in done.metrics
    assert 'imagefleet_retention_ledger_incomplete{name="%s"} 1' % NAME in done.metrics
    assert " exit=8 " in done.log and words[0] in done.log
    assert done.report["result"]["summary"]["to_delete"] >= len(UNUSED)
    assert estate.holdings() == estate.all_of_it() and not scheduled.deleted_anything()
