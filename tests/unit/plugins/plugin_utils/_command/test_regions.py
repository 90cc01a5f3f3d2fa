# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs `sync` and `drift` of the command: their configuration, how their runs end, what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.imagefleet.docker.plugins.module_utils import _errors
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import FLOATING, SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import policy_hash
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import Paths
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import jobs, main, scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.metrics import metrics
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import Outcome
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.configured import configured
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.test_scheduled import (
    PAST,
    parse_exposition,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import distribution_samples as made

OPTIONS = {
    "source": {"registry": "registry.example.com", "username": "u", "password": "hunter2"},
    "destinations": [
        {"name": name, "registry": name + ".example.com", "token": "tok3n"} for name in ("eu", "us", "ap")
    ],
    "repositories": [{"name": "shop/**"}],
}
UNREAD = made.drift([made.entry("ap", None, "unknown", reason="no answer")])
EXTRA = made.drift([made.entry("eu", "own", "extra")])


@pytest.fixture(name="configure")
def fixture_configure(tmp_path):
    def configure(command, **changes):
        return configured(tmp_path, "regions", **{"command": command, "mode": "apply", "options": OPTIONS, **changes})

    return configure


@pytest.fixture(name="core")
def fixture_core(monkeypatch, tmp_path):
    """The core's answers, and the calls made to it; the lock is one of the test's own."""
    calls = []
    monkeypatch.setattr(Paths, "lock", property(lambda paths: str(tmp_path / (paths.name + ".lock"))))

    def answer(result):
        def told():
            if isinstance(result, Exception):
                raise result
            return result

        def run_sync(request, apply, progress, run_program):
            calls.append((request, apply, progress, run_program))
            return told()

        def run_drift(request, run_program):
            calls.append((request, None, None, run_program))
            return told()

        monkeypatch.setattr(jobs, "run_sync", run_sync)
        monkeypatch.setattr(jobs, "run_drift", run_drift)
        return calls

    return answer


def test_the_jobs_get_what_they_are_configured_with(configure, core):
    calls = core(made.brought())
    assert scheduled.run(configure("sync"), dry_run=False, progress=print).applied
    core(made.equal())
    assert not scheduled.run(configure("drift"), dry_run=False, progress=print).applied
    assert [call[1:] for call in calls] == [(True, print, jobs.run_program), (None, None, jobs.run_program)]
    for request in (call[0] for call in calls):
        assert isinstance(request, SyncRequest) and request.source.password == "hunter2"
        assert [one.name for one in request.destinations] == ["eu", "us", "ap"]


@pytest.mark.parametrize(
    "changes, dry_run, apply",
    [
        ({}, False, True),
        ({"mode": "report"}, False, False),
        ({}, True, False),
        ({"valid_until": PAST}, False, False),
        ({"schema": 99}, False, False),
    ],
)
def test_brings_only_when_mode_policy_age_and_caller_agree(configure, core, changes, dry_run, apply):
    calls = core(made.sync([]))
    assert scheduled.run(configure("sync", **changes), dry_run=dry_run).applied is apply
    assert [call[1] for call in calls] == [apply]


def test_looking_needs_no_policy_in_force(configure, core):
    core(made.equal())
    assert scheduled.run(configure("drift", valid_until=PAST, mode="report"), dry_run=False).code == ExitCode.OK
    assert scheduled.run(configure("drift", schema=99), dry_run=False).code == ExitCode.POLICY_EXPIRED
    core(made.sync([]))
    outcome = scheduled.run(configure("sync", valid_until=PAST), dry_run=False)
    assert outcome.code == ExitCode.POLICY_EXPIRED and "planned only" in outcome.message


@pytest.mark.parametrize(
    "command, answer, code, words",
    [
        ("sync", made.brought(), ExitCode.OK, ""),
        (
            "sync",
            made.sync([], problems=["region ap: down"]),
            ExitCode.ITEMS_FAILED,
            "not everything could be compared: reg",
        ),
        ("sync", _errors.PartialFailure("1 of 2", made.partly()), ExitCode.ITEMS_FAILED, "1 of 2"),
        ("sync", _errors.RegistryError("no answer"), ExitCode.ENGINE, "no answer"),
        ("drift", made.equal(), ExitCode.OK, ""),
        ("drift", EXTRA, ExitCode.OK, ""),
        ("drift", made.lagging(), ExitCode.DRIFT, "4 tags differ in us; not everything could be compared: region ap"),
        ("drift", UNREAD, ExitCode.ITEMS_FAILED, "not everything could be compared: no answer"),
        ("drift", _errors.RegistryError("no answer"), ExitCode.ENGINE, "no answer"),
    ],
)
def test_every_ending_has_its_exit_code(configure, core, command, answer, code, words):
    core(answer)
    outcome = scheduled.run(configure(command), dry_run=False)
    assert outcome.code == code and words in outcome.message and bool(words) == bool(outcome.message)


@pytest.mark.parametrize("command", ["sync", "drift"])
def test_bad_options_contact_nothing(configure, core, command):
    calls = core(made.equal())
    outcome = scheduled.run(configure(command, options={**OPTIONS, "repositories": []}), dry_run=False)
    assert outcome.code == ExitCode.USAGE and outcome.message.startswith("repositories: []") and calls == []


@pytest.mark.parametrize("option", [{"rollback": "last"}, {"resume": True}])
@pytest.mark.parametrize("command", ["sync", "drift"])
def test_what_is_done_once_is_no_schedule(configure, core, command, option):
    calls = core(made.equal())
    outcome = scheduled.run(configure(command, options={**OPTIONS, **option}), dry_run=False)
    assert outcome.code == ExitCode.USAGE and "run registry_sync with it once" in outcome.message and calls == []


@pytest.mark.parametrize("command", ["sync", "drift"])
def test_two_runs_of_a_configuration_keep_apart(configure, core, command, tmp_path):
    calls = core(made.equal() if command == "drift" else made.sync([]))
    config = configure(command)
    with exclusive_lock(str(tmp_path / "regions.lock")):
        outcome = scheduled.run(config, dry_run=False)
        assert outcome.code == ExitCode.LOCKED and "another run of the same configuration is at work" in outcome.message
        assert calls == []
        # By hand one may look at any time.
        assert scheduled.run(config, dry_run=True).code == ExitCode.OK
    assert scheduled.run(config, dry_run=False).code == ExitCode.OK


def test_what_decides_is_in_the_policy_and_nothing_secret():
    def hashed(**changes):
        return policy_hash("apply", {**OPTIONS, **changes}, "sync")

    source = OPTIONS["source"]
    assert hashed(source={**source, "password": "other", "username": "v", "ca_path": "/x"}) == hashed()
    assert hashed(destinations=[{**one, "token": "t"} for one in OPTIONS["destinations"]]) == hashed()
    for change in (
        {"source": {"registry": "other.example.com"}},
        {"destinations": OPTIONS["destinations"][:2]},
        {"repositories": [{"name": "shop/web"}]},
        {"floating_scope": "region"},
        {"referrers": False},
        {"shard": "1/2"},
    ):
        assert hashed(**change) != hashed()


def test_a_check_leaves_report_log_and_metrics(configure, core, tmp_path):
    core(made.lagging())
    config = configure("drift")
    for runs in (1, 2):
        assert scheduled.record(config, scheduled.run(config, dry_run=False)) == []
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["exit_code"] == 11 and report["troubled_runs"] == runs and report["last_success"] is None
        assert {one["runs"] for one in report["result"]["drift"]} == {runs}
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 2 and "exit=11" in lines[0] and "mode=report" in lines[0] and "plan=- tags=200" in lines[0]
    assert " equal=196 missing=1 different=1 missing_platform=1 missing_signature=1 extra=1 unknown=1 " in lines[0]
    core(made.equal())
    assert scheduled.record(config, scheduled.run(config, dry_run=False)) == []
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["troubled_runs"] == 0 and report["last_success"] == report["finished"]
    left = "".join(path.read_text() for path in tmp_path.iterdir() if path.name != "regions.json")
    assert "hunter2" not in left and "tok3n" not in left


def test_runs_that_found_the_lock_held_do_not_count(configure, core, tmp_path):
    config = configure("sync")
    for answer, runs in (
        (_errors.RegistryError("down"), 1),
        (_errors.LockedError("held"), 1),
        (_errors.RegistryError("down"), 2),
        (made.brought(), 0),
        (_errors.LockedError("held"), 0),
    ):
        core(answer)
        scheduled.record(config, scheduled.run(config, dry_run=False))
        assert json.loads((tmp_path / "report.json").read_text())["troubled_runs"] == runs


def only(config, outcome):
    families = parse_exposition(metrics(config, outcome, None))
    assert all(words.endswith(".") and kind == "gauge" and samples for words, kind, samples in families.values())
    return {name: samples for name, (_words, _kind, samples) in families.items()}


def test_metrics_of_a_check_tell_each_region(configure):
    result = made.lagging()
    found = only(configure("drift"), Outcome(ExitCode.DRIFT, "", False, 100, 1_763_884_800, result))
    name = 'name="regions"'
    tags = found["imagefleet_drift_tags"]
    assert tags['%s,region="us",status="missing_platform"' % name] == 1
    assert tags['%s,region="eu",status="equal"' % name] == 100 and tags['%s,region="ap",status="unknown"' % name] == 1
    assert len(tags) == 3 * 7
    assert found["imagefleet_drift_exit_code"] == {name: 11} and found["imagefleet_drift_requests"] == {name: 402}
    # The oldest difference counts; what only the region has does not.
    behind = found["imagefleet_drift_behind_seconds"]
    assert behind['%s,region="eu"' % name] == 0
    since = 1_763_884_800 - 3600
    for one in result["drift"]:
        one["since"] = "2025-11-23T07:00:00Z" if one["tag"] == "latest" else "2025-11-23T07:30:00Z"
    found = only(configure("drift"), Outcome(ExitCode.DRIFT, "", False, 100, 1_763_884_800, result))
    assert found["imagefleet_drift_behind_seconds"]['%s,region="us"' % name] == 1_763_884_800 - since


def test_what_the_scan_gate_keeps_back_is_told_and_is_no_failure(configure, core):
    core(made.gated())
    config = configure("sync", options={**OPTIONS, "scan_gate": {"max_age": "7d"}})
    outcome = scheduled.run(config, dry_run=False)
    assert (outcome.code, outcome.message) == (ExitCode.OK, "1 tags are kept back by the scan gate")
    assert only(config, outcome)["imagefleet_sync_kept_back_by_scan_tags"] == {'name="regions"': 1}
    assert policy_hash("apply", config.options, "sync") != policy_hash("apply", OPTIONS, "sync")


def test_metrics_of_a_sync_tell_each_region(configure):
    found = only(configure("sync"), Outcome(ExitCode.ITEMS_FAILED, "", True, 100, 160, made.partly()))
    name = 'name="regions"'
    tags = found["imagefleet_sync_tags"]
    assert tags['%s,region="eu",result="done"' % name] == 1 and tags['%s,region="eu",result="deferred"' % name] == 1
    assert tags['%s,region="ap",result="failed"' % name] == 1
    # A region with nothing to do has zeros and not an end.
    assert tags['%s,region="us",result="done"' % name] == 0 and len(tags) == 3 * 4
    for family, value in (
        ("compared", 300),
        ("copied_tags", 1),
        ("removed_tags", 0),
        ("read_bytes", 31e6),
        ("sent_bytes", 94e6),
    ):
        assert found["imagefleet_sync_" + family] == {name: value}


@pytest.mark.parametrize("command", ["sync", "drift"])
def test_a_run_without_a_result_tells_no_regions(configure, command):
    found = only(configure(command), Outcome(ExitCode.ENGINE, "", False, 100, 160, None))
    assert not [name for name in found if "tags" in name or "behind" in name]


def test_the_command_shows_who_lags(configure, core, capsys, tmp_path):
    core(made.lagging())
    configure("drift")
    assert main.main(["drift", "--config", str(tmp_path / "regions.json"), "--dry-run"]) == 11
    said = capsys.readouterr()
    assert "us      BEHIND" in said.out and "4 tags differ in us" in said.err
    assert not (tmp_path / "report.json").exists()
    core(made.brought())
    configure("sync")
    assert main.main(["sync", "--config", str(tmp_path / "regions.json")]) == 0
    assert "3 brought" in capsys.readouterr().out


def test_the_role_takes_the_tags_for_moving_that_the_module_takes():
    role = Path(__file__).parents[5] / "roles" / "image_distribution" / "defaults" / "main.yml"
    assert tuple(yaml.safe_load(role.read_text())["image_distribution_floating_tags"]) == FLOATING
