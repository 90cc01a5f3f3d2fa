# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job `collect` of the command: its configuration, how its runs end, what they leave behind."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils import _errors
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import CollectRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import make_document, policy_hash
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import jobs, main, scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.metrics import metrics
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import Outcome
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.configured import FAR, configured
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.test_scheduled import (
    PAST,
    parse_exposition,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import collection_samples

DONE, FAILED, PLANNED = collection_samples.done(), collection_samples.failed(), collection_samples.planned()
HELD = {**PLANNED, "hold": {"reason": "3 manifests were deleted less than 7d ago (undo_window)", "until": FAR}}
OPTIONS = {"registry": "registry.example.com", "undo_window": "3d", "password": "hunter2", "username": "u"}


@pytest.fixture(name="configure")
def fixture_configure(tmp_path):
    def configure(**changes):
        return configured(tmp_path, "weekly", **{"command": "collect", "mode": "apply", "options": OPTIONS, **changes})

    return configure


@pytest.fixture(name="core")
def fixture_core(monkeypatch):
    """The core's answer, and the calls made to it."""
    calls = []

    def answer(result):
        def run_collection(request, apply, run, progress, run_program, remember):
            calls.append((request, apply, run, progress, run_program, remember))
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(jobs, "run_collection", run_collection)
        return calls

    return answer


def test_a_configuration_of_this_job(configure):
    config = configure()
    assert (config.command, config.mode, config.options) == ("collect", "apply", OPTIONS)
    assert config.policy_hash == policy_hash("apply", OPTIONS, "collect") != policy_hash("apply", OPTIONS, "retention")


def test_what_decides_is_in_the_policy_and_nothing_secret():
    def hashed(**changes):
        return policy_hash("apply", {**OPTIONS, **changes}, "collect")

    for change in (
        {"undo_window": "7d"},
        {"quiet_period": "1h"},
        {"service": "registry"},
        {"storage_path": "/srv"},
        {"verify": "all"},
    ):
        assert hashed(**change) != hashed()
    assert hashed(password="other", username="v", token="t", ca_path="/x", timeout=9) == hashed()


def test_an_installed_configuration_keeps_its_job():
    wanted = {"command": "collect", "mode": "apply", "options": {"registry": "r"}}
    assert make_document(wanted, None, 0)["command"] == "collect"


def test_the_job_gets_what_it_is_configured_with(configure, core):
    calls = core(DONE)
    scheduled.run(configure(), dry_run=False, progress=print)
    ((request, apply, run, progress, run_program, remember),) = calls
    assert isinstance(request, CollectRequest) and request.undo_window == 3 * 86400 and apply is True
    assert (run, progress, run_program, remember) == (jobs.run_command, print, jobs.run_program, True)


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
def test_collects_only_when_mode_policy_age_and_caller_agree(configure, core, changes, dry_run, apply):
    calls = core(PLANNED)
    assert scheduled.run(configure(**changes), dry_run=dry_run).applied is apply
    # A schema that is not known keeps the job that it names.
    assert [call[1] for call in calls] == [apply]


@pytest.mark.parametrize(
    "answer, code, words",
    [
        (DONE, ExitCode.OK, ""),
        (PLANNED, ExitCode.OK, ""),
        (HELD, ExitCode.HELD, "held until %s: 3 manifests were deleted" % FAR),
        (_errors.RefusedError("the registry moved", PLANNED), ExitCode.REFUSED, "the registry moved"),
        (_errors.RefusedError("is a pull-through cache"), ExitCode.REFUSED, "pull-through cache"),
        (_errors.PartialFailure("no such device", FAILED), ExitCode.ITEMS_FAILED, "no such device"),
        (_errors.LockedError("at work"), ExitCode.LOCKED, "at work"),
        (_errors.RegistryError("could not be opened again"), ExitCode.ENGINE, "could not be opened again"),
        (_errors.StateError("cannot read"), ExitCode.STATE, "cannot read"),
    ],
)
def test_every_ending_has_its_exit_code(configure, core, answer, code, words):
    core(answer)
    outcome = scheduled.run(configure(), dry_run=False)
    assert outcome.code == code and words in outcome.message
    expected = answer if isinstance(answer, dict) else getattr(answer, "result", None) or None
    assert outcome.result == expected


def test_bad_options_contact_nothing(configure, core):
    calls = core(DONE)
    outcome = scheduled.run(configure(options={**OPTIONS, "quiet_period": "soon"}), dry_run=False)
    assert outcome.code == ExitCode.USAGE and outcome.message.startswith("quiet_period: 'soon'") and calls == []


def test_a_run_leaves_report_log_and_metrics(configure, core, tmp_path):
    core(DONE)
    config = configure()
    assert scheduled.record(config, scheduled.run(config, dry_run=False)) == []
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["command"] == "collect" and report["result"] == DONE
    line = (tmp_path / "log").read_text()
    assert (
        "plan=%s kept=182 to_delete=3 deleted=3" % DONE["plan_digest"][:71] in line
        and "reclaimed_bytes=9000000" in line
    )
    left = "".join(path.read_text() for path in tmp_path.iterdir() if path.name != "weekly.json")
    assert "hunter2" not in left


def test_metrics_tell_disk_and_window(configure):
    text = metrics(configure(), Outcome(ExitCode.OK, "", True, 100, 160, DONE), 160)
    only = {name: value[2] for name, value in parse_exposition(text).items()}
    label = 'name="weekly"'
    for family, value in (("used_bytes", 391e6), ("free_bytes", 21000e6), ("closed_seconds", 3.42), ("requests", 74)):
        assert only["imagefleet_collect_" + family] == {label: value}
    items = only["imagefleet_collect_items"]
    assert items['%s,result="deleted"' % label] == 3 and items['%s,result="refused"' % label] == 0
    assert not [name for name in only if "ledger" in name or "target_unreachable" in name or "images" in name]


def test_a_registry_that_was_not_closed_tells_no_seconds(configure):
    text = metrics(configure(), Outcome(ExitCode.HELD, "", True, 100, 160, HELD), None)
    assert "closed_seconds" not in text and "imagefleet_collect_used_bytes" in text
    families = parse_exposition(text)
    assert families["imagefleet_collect_held"][2] == {'name="weekly"': 1}


def test_the_command_shows_a_plan(configure, core, capsys, tmp_path):
    core(PLANNED)
    configure()
    assert main.main(["collect", "--config", str(tmp_path / "weekly.json"), "--dry-run"]) == 0
    assert "garbage collection: 182 pieces of content stay, 3 go" in capsys.readouterr().out
    assert not (tmp_path / "report.json").exists()


def test_a_configuration_of_another_job_is_refused(configure, core, capsys, tmp_path):
    calls = core(PLANNED)
    configure()
    assert main.main(["retention", "--config", str(tmp_path / "weekly.json")]) == ExitCode.USAGE
    assert "is a configuration of 'imagefleet collect', not of 'imagefleet retention'" in capsys.readouterr().err
    assert calls == []


def test_a_program_is_run_as_it_is_given():
    """No shell and no variables between us and systemd, and nothing to read from."""
    assert jobs.run_command(["/bin/sh", "-c", 'printf %s "$0"; printf %s "$1" >&2; exit 3', "$HOME", "a b"]) == (
        3,
        "$HOME",
        "a b",
    )
    assert jobs.run_command(["/bin/cat"]) == (0, "", "")
    with pytest.raises(OSError):
        jobs.run_command(["/nonexistent/systemctl"])
