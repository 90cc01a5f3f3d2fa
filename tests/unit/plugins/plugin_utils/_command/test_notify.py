# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling somebody of a run that did not end well."""

from __future__ import annotations

import json
import os
import select

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils import _errors
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import parse_notification
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import Paths
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import jobs, main, notify, scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import read_config
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.configured import FAR
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import distribution_samples as made

OPTIONS = {
    "source": {"registry": "registry.example.com", "username": "u", "password": "hunter2"},
    "destinations": [{"name": "us", "registry": "us.example.com"}],
    "repositories": ["shop/web"],
}


class Bench:
    """A configuration whose core answers what it is told, and a program that keeps what it is told."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._monkeypatch = monkeypatch
        self.told = folder / "told"
        self.program = self.script("tell", 'echo "$1" >> %s.calls; cat > %s' % (self.told, self.told))
        monkeypatch.setattr(Paths, "lock", property(lambda paths: str(folder / "lock")))

    def script(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n%s\n" % text)
        path.chmod(0o755)
        return str(path)

    def configure(self, command="drift", **changes):
        path = self.folder / "regions.json"
        files = {key + "_file": str(self.folder / key) for key in ("report", "metrics", "log")}
        notice = {"notify_command": [self.program, "region drift"]}
        document = {"schema": 1, "command": command, "mode": "apply", "valid_until": FAR, "options": OPTIONS}
        path.write_text(json.dumps({**document, **files, **notice, **changes}))
        self.config = read_config(str(path))

    def run(self, answer):
        """What could not be done after the run."""

        def core(*_given, **_named):
            if isinstance(answer, Exception):
                raise answer
            return answer

        self._monkeypatch.setattr(jobs, "run_drift", core)
        self._monkeypatch.setattr(jobs, "run_sync", core)
        return scheduled.record(self.config, scheduled.run(self.config, dry_run=False))

    @property
    def calls(self):
        path = self.folder / "told.calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def report(self):
        return json.loads((self.folder / "report").read_text())


@pytest.fixture(name="bench")
def fixture_bench(tmp_path, monkeypatch):
    return Bench(tmp_path, monkeypatch)


def test_the_report_is_told_as_it_is_written(bench):
    bench.configure()
    assert bench.run(made.lagging()) == []
    told, report = json.loads(bench.told.read_text()), bench.report
    assert report.pop("notified") is True and told == report and told["exit_code"] == 11
    assert bench.calls == ["region drift"]
    assert "hunter2" not in bench.told.read_text()
    assert 'imagefleet_drift_notify_failed{name="regions"} 0' in (bench.folder / "metrics").read_text()


@pytest.mark.parametrize(
    "command, answer, told",
    [
        ("drift", made.equal(), False),
        ("drift", made.drift([made.entry("us", "own", "extra")]), False),
        ("drift", made.drift([made.entry("us", None, "unknown")]), True),
        ("drift", _errors.RegistryError("no answer"), True),
        ("sync", made.brought(), False),
        ("sync", _errors.PartialFailure("1 of 2", made.partly()), True),
        ("sync", _errors.LockedError("at work"), False),
        ("sync", KeyError("a bug"), True),
    ],
)
def test_what_is_told(bench, command, answer, told):
    bench.configure(command)
    assert bench.run(answer) == []
    assert bool(bench.calls) is told and ("notified" in bench.report) is told


def test_every_job_tells_of_its_failures(bench, monkeypatch):
    def core(*_given, **_named):
        raise _errors.EngineUnreachable("no socket")

    monkeypatch.setattr(jobs, "run_cleanup", core)
    bench.configure("cleanup", options={})
    assert bench.run(None) == [] and len(bench.calls) == 1


def test_only_what_lasts_is_told(bench):
    """Of two pushes that are each under way at one check, nothing is told; of one that is stuck, it is."""
    bench.configure(notify_after=3)
    stuck = made.entry("us", "1", "missing")
    rounds = [[made.entry("us", str(number), "missing")] for number in range(9)] + [[stuck]] * 4
    calls = []
    for entries in rounds:
        plain = [{key: value for key, value in one.items() if key not in ("since", "runs")} for one in entries]
        bench.run(made.drift(plain))
        calls.append(len(bench.calls))
    assert calls == [0] * 9 + [0, 0, 1, 2]


def test_a_run_that_fails_again_and_again_is_told(bench):
    bench.configure("sync", notify_after=2)
    calls = []
    for answer in (_errors.RegistryError("x"), made.brought(), _errors.RegistryError("x"), _errors.RegistryError("x")):
        bench.run(answer)
        calls.append(len(bench.calls))
    assert calls == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "text, words",
    [
        ("cat > /dev/null; echo 'mail: no route' >&2; exit 3", "ended with 3: mail: no route"),
        ("exit 3", "ended with 3"),
        ("kill -9 $$", "ended with -9"),
        ("echo 'password=hunter3' >&2; exit 1", "ended with 1: password=****"),
    ],
)
def test_a_program_that_fails_is_told_and_hides_nothing(bench, text, words, capsys):
    bench.configure(notify_command=[bench.script("broken", text)])
    (problem,) = bench.run(made.lagging())
    assert problem.startswith("notify_command %s %s" % (bench.folder / "broken", words)) and "hunter3" not in problem
    assert bench.report["notified"] is False and bench.report["exit_code"] == 11
    assert 'imagefleet_drift_notify_failed{name="regions"} 1' in (bench.folder / "metrics").read_text()
    assert main.main(["drift", "--config", str(bench.folder / "regions.json")]) == 11
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("argv, words", [(["/nonexistent/tell"], "No such file"), (["/etc"], "Permission denied")])
def test_a_program_that_is_not_there_is_told(argv, words):
    assert notify.notify(argv, {}).startswith("notify_command %s cannot be run: %s" % (argv[0], words))


def test_a_program_that_hangs_is_ended_with_all_that_it_started(bench):
    path = bench.script("hang", "sleep infinity & echo $! > %s.pid; wait" % bench.told)
    assert notify.notify([path], {}, timeout=1) == "notify_command %s did not end within 1 seconds" % path
    try:
        child = os.pidfd_open(int((bench.folder / "told.pid").read_text()))
    except ProcessLookupError:
        return
    assert select.select([child], [], [], 30)[0]
    os.close(child)


def test_a_large_report_passes_a_program_that_does_not_read():
    assert notify.notify(["/bin/true"], {"text": "x" * 10_000_000}) == ""


def test_a_dry_run_tells_nobody(bench):
    bench.configure()
    bench.run(made.equal())
    assert main.main(["drift", "--config", str(bench.folder / "regions.json"), "--dry-run"]) == 0
    assert bench.calls == []


@pytest.mark.parametrize(
    "command, after, parsed",
    [(None, None, ((), 1)), ([], 3, ((), 3)), (["/x", ""], "2", (("/x", ""), 2)), (("a",), 1, (("a",), 1))],
)
def test_what_can_be_asked_for(command, after, parsed):
    assert parse_notification("", command, after) == parsed


@pytest.mark.parametrize(
    "command, after, words",
    [
        ("mail ops", None, "config.notify_command is 'mail ops': a list of the program"),
        ([1], None, "config.notify_command is [1]"),
        (["", "x"], None, "config.notify_command is ['', 'x']"),
        ([], 0, "config.notify_after is 0: a whole number of runs from 1 on"),
        ([], True, "config.notify_after is True"),
        ([], "soon", "config.notify_after is 'soon'"),
    ],
)
def test_what_cannot(command, after, words):
    with pytest.raises(PolicyError) as caught:
        parse_notification("config.", command, after)
    assert words in str(caught.value)
