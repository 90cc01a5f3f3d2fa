# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How runs end: exit codes, and what they leave behind."""

from __future__ import annotations

import json
import os
import stat

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils import _errors
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import jobs, scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.audit import append_line, audit_line
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import MEANINGS, ExitCode, help_text
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.metrics import metrics
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import Outcome
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.configured import FAR, configured

PAST = "2020-01-01T00:00:00Z"
SUMMARY = {
    "images": 3,
    "references": 4,
    "kept": 2,
    "to_delete": 2,
    "deleted": 1,
    "gone": 0,
    "refused": 0,
    "deferred": 1,
    "failed": 0,
    "unused": 2,
    "reclaimable_bytes": 1000,
    "reclaimable_bytes_max": 2000,
    "reclaimed_bytes": 500,
    "exact": False,
    "target_unreachable": False,
}
RESULT = {
    "changed": True,
    "plan": [],
    "plan_digest": "sha256:feed",
    "summary": SUMMARY,
    "near_misses": [],
    "held": [],
    "engine": {"name": "host"},
    "hold": None,
    "clocks_distrusted": None,
    "notes": [],
}
HOLD = {"reason": "release", "until": None}


@pytest.fixture(name="configure")
def fixture_configure(tmp_path):
    def configure(**changes):
        return configured(tmp_path, "nightly", **{"mode": "apply", "options": {}, **changes})

    return configure


@pytest.fixture(name="core")
def fixture_core(monkeypatch):
    """The core's answer, and the calls made to it: the exit code is a function of what it returns or raises."""
    calls = []

    def answer(result):
        def run_cleanup(_request, apply, _progress, remember, run_program):
            calls.append((apply, remember))
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(jobs, "run_cleanup", run_cleanup)
        return calls

    return answer


def with_result(error, result):
    error.result = result
    return error


@pytest.mark.parametrize(
    "answer, code, words",
    [
        (RESULT, ExitCode.OK, ""),
        ({**RESULT, "hold": HOLD}, ExitCode.HELD, "held: release"),
        ({**RESULT, "clocks_distrusted": "daemon is 9m ahead"}, ExitCode.CLOCKS, "daemon is 9m ahead"),
        ({**RESULT, "summary": {**SUMMARY, "failed": 2}}, ExitCode.ITEMS_FAILED, "2 deletions failed"),
        (_errors.PolicyError("bad"), ExitCode.USAGE, "bad"),
        (_errors.LockedError("held by 1"), ExitCode.LOCKED, "held by 1"),
        (_errors.EngineUnreachable("no socket"), ExitCode.ENGINE, "no socket"),
        (_errors.EngineError("500"), ExitCode.ENGINE, "500"),
        (_errors.StateError("full"), ExitCode.STATE, "full"),
        (_errors.RegistryError("down"), ExitCode.ENGINE, "down"),
        (_errors.RefusedError("too many", RESULT), ExitCode.REFUSED, "too many"),
        (_errors.PartialFailure("1 of 2", RESULT), ExitCode.ITEMS_FAILED, "1 of 2"),
        (KeyError("x"), ExitCode.BUG, "unexpected error: KeyError"),
    ],
)
def test_every_ending_has_its_exit_code(configure, core, answer, code, words):
    core(answer)
    outcome = scheduled.run(configure(), dry_run=False)
    assert outcome.code == code
    assert words in outcome.message


@pytest.mark.parametrize(
    "changes, dry_run, expected",
    [
        ({}, False, (True, True)),
        ({"mode": "report"}, False, (False, True)),
        ({}, True, (False, False)),
        ({"valid_until": PAST}, False, (False, True)),
        ({"schema": 99}, False, (False, True)),
    ],
)
def test_deletes_only_when_mode_policy_age_and_caller_agree(configure, core, changes, dry_run, expected):
    """Pairs of (apply, remember): a scheduled report samples use, a dry run writes nothing at all."""
    calls = core(RESULT)
    outcome = scheduled.run(configure(**changes), dry_run=dry_run)
    assert calls == [expected]
    assert outcome.applied is expected[0]


@pytest.mark.parametrize("changes, words", [({"valid_until": PAST}, "expired at 2020"), ({"schema": 99}, "schema 99")])
def test_a_barred_policy_says_so_by_exit_code(configure, core, changes, words):
    core(RESULT)
    outcome = scheduled.run(configure(**changes), dry_run=False)
    assert outcome.code == ExitCode.POLICY_EXPIRED
    assert words in outcome.message
    assert outcome.result == RESULT


def test_an_unknown_schema_with_unknown_options_is_not_a_usage_error(configure):
    outcome = scheduled.run(configure(schema=99, options={"delete": "everything"}), dry_run=False)
    assert outcome.code == ExitCode.POLICY_EXPIRED


def test_a_brake_in_report_mode_is_no_failure(configure, core):
    core({**RESULT, "hold": HOLD})
    assert scheduled.run(configure(mode="report"), dry_run=False).code == ExitCode.OK


def test_a_run_leaves_report_log_and_metrics(configure, core, tmp_path):
    core(RESULT)
    config = configure()
    outcome = scheduled.run(config, dry_run=False)
    assert scheduled.record(config, outcome) == []
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["exit_code"] == 0
    assert report["result"] == RESULT
    assert report["last_success"] == report["finished"]
    assert report["policy"]["hash"] == config.policy_hash
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "m.prom").stat().st_mode) == 0o644
    line = (tmp_path / "log").read_text()
    assert line.count("\n") == 1
    assert f"policy={config.policy_hash} plan=sha256:feed kept=2 to_delete=2 deleted=1" in line
    assert sorted(os.listdir(tmp_path)) == ["log", "m.prom", "nightly.json", "report.json"]


def test_a_failed_run_keeps_the_last_result_and_success(configure, core, tmp_path):
    config = configure()
    core(RESULT)
    scheduled.record(config, scheduled.run(config, dry_run=False))
    first = json.loads((tmp_path / "report.json").read_text())
    core(_errors.EngineUnreachable("no socket"))
    for _run in range(2):
        scheduled.record(config, scheduled.run(config, dry_run=False))
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["exit_code"] == 7
        assert report["message"] == "no socket"
        assert report["result"] is None
        assert report["last_with_result"]["result"] == RESULT
        assert report["last_success"] == first["finished"]
    assert (tmp_path / "log").read_text().count("exit=7 ") == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1, "last_success": "never"}'])
def test_a_damaged_report_is_replaced(configure, core, tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    core(_errors.EngineUnreachable("no socket"))
    config = configure()
    assert scheduled.record(config, scheduled.run(config, dry_run=False)) == []
    assert json.loads((tmp_path / "report.json").read_text())["last_success"] is None


def test_what_cannot_be_written_is_told_and_the_rest_is_written(configure, core, tmp_path):
    (tmp_path / "log").mkdir()
    core(RESULT)
    config = configure()
    problems = scheduled.record(config, scheduled.run(config, dry_run=False))
    assert len(problems) == 1
    assert f"cannot append to the log {tmp_path}/log: Is a directory" in problems[0]
    assert (tmp_path / "report.json").exists()
    assert (tmp_path / "m.prom").exists()


def test_the_log_line_stays_one_line_whatever_the_message(configure, tmp_path):
    hostile = Outcome(ExitCode.BUG, 'a\nb\x1b[31m "c"', False, 0, 0, None)
    line = audit_line(configure(), hostile)
    append_line(str(tmp_path / "log"), line)
    assert (tmp_path / "log").read_text().count("\n") == 1
    assert "\x1b" not in line
    assert line.startswith("1970-01-01T00:00:00Z name=nightly mode=report exit=1 policy=sha256:")


def parse_exposition(text):
    """Families of the text format: name -> (help, type, {labels: value})."""
    families = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, words = line[len("# HELP ") :].split(" ", 1)
            families[name] = [words, None, {}]
        elif line.startswith("# TYPE "):
            name, kind = line[len("# TYPE ") :].split(" ")
            families[name][1] = kind
        else:
            sample, value = line.rsplit(" ", 1)
            name, labels = sample.split("{", 1)
            families[name][2][labels.rstrip("}")] = float(value)
    return families


def test_metrics_tell_the_run(configure):
    config = configure()
    families = parse_exposition(
        metrics(config, Outcome(ExitCode.HELD, "", True, 100, 160, {**RESULT, "hold": HOLD}), 50)
    )
    for words, kind, samples in families.values():
        assert words.endswith(".")
        assert kind == "gauge"
        assert samples
    only = {name[len("imagefleet_cleanup_") :]: value[2] for name, value in families.items()}
    label = 'name="nightly"'
    assert only["last_run_timestamp_seconds"] == {label: 160}
    assert only["last_success_timestamp_seconds"] == {label: 50}
    assert only["duration_seconds"] == {label: 60}
    assert only["exit_code"] == {label: 4}
    assert only["held"] == {label: 1}
    assert only["applied"] == {label: 1}
    assert only["reclaimable_bytes"] == {label: 1000}
    assert only["reclaimable_bytes_max"] == {label: 2000}
    assert only["reclaimed_bytes"] == {label: 500}
    assert only["items"][f'{label},result="deferred"'] == 1
    assert only["target_unreachable"] == {label: 0}
    assert iso_time(int(only["policy_valid_until_timestamp_seconds"][label])) == FAR


def test_metrics_without_a_result_publish_no_old_counts(configure):
    text = metrics(configure(), Outcome(ExitCode.ENGINE, "", True, 100, 160, None), None)
    assert "exit_code" in text
    assert "reclaimable" not in text
    assert "last_success" not in text


def test_every_exit_code_is_explained():
    assert set(MEANINGS) == set(ExitCode)
    for code in ExitCode:
        assert f" {code.value}  " in help_text()
