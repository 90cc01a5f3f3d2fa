# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job `scan` of the command: its configuration, how its runs end, whom they tell, what they leave behind."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils import _errors
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import masked, secrets_of
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import Paths
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.texts import service_text
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import main, scans, scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.scan_news import with_scan_news
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.configured import configured
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.scan_samples import (
    API,
    DAY,
    HOLE,
    NOW,
    SMALL,
    STRICT,
    WEB,
    Scans,
    scanned,
    waiver,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils._command.test_scheduled import (
    PAST,
    parse_exposition,
)

OPTIONS = {
    "backend": "trivy",
    "images": [WEB],
    "policy": {"max": {"critical": 0}},
    "registries": [{"registry": "registry.example.com", "username": "u", "password": "hunter2"}],
}


@pytest.fixture(name="configure")
def fixture_configure(tmp_path):
    def configure(**changes):
        return configured(
            tmp_path,
            "scan",
            **{"command": "scan", "options": {**OPTIONS, "state_dir": str(tmp_path / "scans")}, **changes},
        )

    return configure


@pytest.fixture(name="core")
def fixture_core(monkeypatch):
    """The core's answers, and the calls made to it."""
    calls = []

    def answer(result):
        def run_scan(request, run, run_program, now, apply):
            calls.append((request, run, run_program, now, apply))
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(scans, "run_scan", run_scan)
        return calls

    return answer


def bad():
    return Scans().result({WEB: scanned(HOLE), API: scanned(SMALL)}, STRICT)


def good():
    return Scans().result({WEB: scanned(SMALL), API: scanned()}, STRICT)


def unknown():
    return Scans().result({WEB: "logged out", API: scanned(SMALL)}, STRICT)


def test_it_gets_what_it_is_configured_with(configure, core, tmp_path):
    calls = core(good())
    outcome = scheduled.run(configure(mode="apply"), dry_run=False)
    assert outcome.code == ExitCode.OK and not outcome.applied and outcome.message == ""
    ((request, _run, _helper, _now, remembers),) = calls
    assert (request.backend, request.state_dir, remembers) == ("trivy", str(tmp_path / "scans"), True)
    assert request.settings.seconds == 900 and request.policy.limits == {"critical": 0}
    scheduled.run(configure(), dry_run=True)
    assert not calls[1][-1]


def test_its_memory_is_that_of_the_module():
    assert scans.parse_scheduled_scan({**OPTIONS, "state_dir": None}).state_dir == DEFAULT_STATE_DIR


def test_looking_needs_no_policy_in_force(configure, core):
    core(good())
    assert scheduled.run(configure(valid_until=PAST), dry_run=False).code == ExitCode.OK
    assert scheduled.run(configure(schema=99), dry_run=False).code == ExitCode.POLICY_EXPIRED


@pytest.mark.parametrize(
    "answer, code, words",
    [
        (good(), ExitCode.OK, ""),
        (bad(), ExitCode.SCAN, "1 of 2 images do not pass the policy: registry.example.com/shop/web:1.2 ("),
        (_errors.PartialFailure("1 of 2", bad()), ExitCode.SCAN, "1 of 2 images do not pass"),
        (
            unknown(),
            ExitCode.ITEMS_FAILED,
            "1 of 2 images are not scanned: registry.example.com/shop/web:1.2 (logged out",
        ),
        (_errors.PartialFailure("1 of 2", unknown()), ExitCode.ITEMS_FAILED, "1 of 2 images are not scanned"),
        (Scans().result({}), ExitCode.ITEMS_FAILED, "there was no image to scan"),
        (_errors.ToolMissing("there is no trivy"), ExitCode.TOOL, "there is no trivy"),
        (_errors.ToolError("another checksum"), ExitCode.TOOL, "another checksum"),
        (_errors.StateError("there is no ledger"), ExitCode.STATE, "there is no ledger"),
        (_errors.LockedError("another scan"), ExitCode.LOCKED, "another scan"),
        (_errors.EngineUnreachable("no socket"), ExitCode.ENGINE, "no socket"),
    ],
)
def test_every_ending_has_its_exit_code(configure, core, answer, code, words):
    core(answer)
    outcome = scheduled.run(configure(), dry_run=False)
    assert outcome.code == code and words in outcome.message and bool(words) == bool(outcome.message)


def test_what_fails_comes_before_what_nobody_knows(configure, core):
    core(Scans().result({WEB: "logged out", API: scanned(HOLE)}, STRICT))
    outcome = scheduled.run(configure(), dry_run=False)
    assert outcome.code == ExitCode.SCAN
    assert "do not pass" in outcome.message and "are not scanned" in outcome.message


def test_of_many_the_message_names_the_first(configure, core):
    core(Scans().result({"registry.example.com/shop/app-%d:1" % number: scanned(HOLE) for number in range(9)}, STRICT))
    message = scheduled.run(configure(), dry_run=False).message
    assert "9 of 9" in message and "app-2" in message and "app-3" not in message and message.endswith("and 6 more")


def test_a_ledger_that_is_missing_incomplete_or_old_is_told(configure, core, tmp_path):
    core(good())
    options = {**OPTIONS, "ledger": str(tmp_path / "ledger.json"), "state_dir": str(tmp_path / "scans")}
    outcome = scheduled.run(configure(options=options), dry_run=False)
    assert outcome.code == ExitCode.ITEMS_FAILED
    assert outcome.message.startswith("the fleet may run more than was scanned: there is no ledger")
    assert outcome.result["ledger_problem"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"policy": {"grace": {"critical": "soon"}}}, "policy.grace.critical"),
        ({"waivers": [{"id": "CVE-2026-1"}]}, "waivers[0].owner"),
        ({"backend": "nessus"}, "backend"),
        ({"metrics_path": "/m.prom"}, "metrics_path: leave it out, a schedule writes them to metrics_file"),
        ({"name": "other"}, "name: leave it out"),
        ({"vex": [{"no": "vex"}]}, "vex[0]"),
        ({"waivers_file": "/nonexistent.waivers"}, "/nonexistent.waivers"),
    ],
)
def test_bad_options_start_nothing(configure, core, options, words):
    calls = core(good())
    outcome = scheduled.run(configure(options={**OPTIONS, **options}), dry_run=False)
    assert outcome.code == ExitCode.USAGE and words in outcome.message and not calls


@pytest.mark.parametrize(
    "options",
    [
        {"waivers_file": "/etc/imagefleet/scan.waivers"},
        {"vex": ["/etc/imagefleet/team.vex.json"]},
        {"offline": True, "database_dir": "/srv/only/there"},
    ],
)
def test_the_controller_does_not_look_for_files_of_the_host(options):
    scans.check_scheduled_scan({**OPTIONS, **options})
    with pytest.raises(_errors.PolicyError):
        scans.parse_scheduled_scan({**OPTIONS, **options})


@pytest.mark.parametrize(
    "options, words",
    [
        ({"offline": True}, "offline: without database_dir"),
        ({"backend": "scout", "offline": True, "database_dir": "/srv"}, "docker scout cannot work without Docker Hub"),
        ({"vex": ["/on/the/host.json", {"no": "vex"}]}, "vex[0]"),
    ],
)
def test_the_controller_finds_all_else(options, words):
    with pytest.raises(_errors.PolicyError) as error:
        scans.check_scheduled_scan({**OPTIONS, **options})
    assert words in str(error.value)


def test_credentials_are_known_as_such():
    options = {**OPTIONS, "hub_username": "u", "hub_password": "dckr_pat_1"}
    assert sorted(secrets_of(options)) == ["dckr_pat_1", "hunter2"]
    assert "hunter2" not in json.dumps(masked(options)) and "dckr_pat_1" not in json.dumps(masked(options))


def test_what_a_run_leaves_behind(configure, core, tmp_path):
    core(bad())
    config = configure()
    outcome = scheduled.run(config, dry_run=False)
    assert not scheduled.record(config, outcome)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["command"], report["exit_code"]) == ("scan", 12) and report["result"]["summary"]["failed"] == 1
    line = (tmp_path / "log").read_text()
    assert "exit=12" in line and " passed=1 " in line and " not_scanned=0 " in line and "do not pass" in line
    text = (tmp_path / "m.prom").read_text()
    families = parse_exposition(text)
    assert families["imagefleet_scan_exit_code"][2] == {'name="scan"': 12}
    assert families["imagefleet_scan_ledger_incomplete"][2] == {'name="scan"': 0}
    assert families["imagefleet_scan_images"][2]['name="scan",status="failed"'] == 1
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_it_is_shown_and_its_help_names_its_codes(configure, core, capsys, tmp_path):
    core(bad())
    configure()
    assert main.main(["scan", "--config", str(tmp_path / "scan.json")]) == 12
    told = capsys.readouterr()
    assert WEB in told.out and "CVE-2026-1000" in told.out and "do not pass the policy" in told.err
    with pytest.raises(SystemExit):
        main.main(["--help"])
    assert "12  an image does not pass" in capsys.readouterr().out


def test_a_bad_image_is_no_failure_of_the_unit():
    assert "SuccessExitStatus=4 6 11 12 14\n" in service_text(Paths("scan"), "scan")
    assert "After=network-online.target\n" in service_text(Paths("scan"), "scan")


def report_of(result):
    return {"result": result}


def test_verdicts_that_changed_are_news():
    before, now = good(), bad()
    assert with_scan_news(before, {}, NOW)["news"] == []
    assert with_scan_news(now, report_of(before), NOW)["news"] == [WEB + " fails, it passed before"]
    assert with_scan_news(before, report_of(now), NOW)["news"] == [WEB + " passes, it failed before"]
    assert with_scan_news(now, report_of(now), NOW)["news"] == []
    lost = {"result": None, "last_with_result": {"result": before}}
    assert with_scan_news(unknown(), lost, NOW)["news"] == [WEB + " is not scanned, it passed before"]


def test_the_name_whose_verdict_changed_is_told():
    before, now = bad(), good()
    # Both names are of one image now, and only one of them failed before.
    (now["results"][0]["references"], now["results"][1]["references"]) = ([API, WEB, WEB + "-alias"], [])
    now["results"] = now["results"][:1]
    assert with_scan_news(now, report_of(before), NOW)["news"] == [WEB + " passes, it failed before"]
    before["results"][1]["references"].append(WEB + "-alias")
    assert with_scan_news(now, report_of(before), NOW)["news"] == [
        WEB + " (and 1 more of its names) passes, it failed before"
    ]


def test_a_period_of_grace_that_begins_is_news_once():
    fleet, policy = Scans(), {"grace": {"critical": "7d"}}
    first = with_scan_news(fleet.result({WEB: scanned(HOLE)}, policy), {}, NOW)
    assert first["news"] == [WEB + ": the period of grace began for CVE-2026-1000 in openssl"]
    second = fleet.result({WEB: scanned(HOLE)}, policy, now=NOW + DAY)
    assert with_scan_news(second, report_of(first), NOW + DAY)["news"] == []
    over = fleet.result({WEB: scanned(HOLE)}, policy, now=NOW + 8 * DAY)
    assert with_scan_news(over, report_of(second), NOW)["news"] == [WEB + " fails, it passed before"]


def test_a_waiver_that_ends_is_news_twice():
    fleet, given = Scans(), [waiver("2026-12-31")]
    early = fleet.result({WEB: scanned(HOLE)}, STRICT, given)
    assert with_scan_news(early, {}, NOW)["news"] == []
    soon = fleet.result({WEB: scanned(HOLE)}, STRICT, given, NOW + 25 * DAY)
    assert with_scan_news(soon, report_of(early), NOW)["news"] == [
        "the waiver of team-shop for CVE-2026-1000 ends 2026-12-31"
    ]
    assert with_scan_news(soon, report_of(soon), NOW)["news"] == []
    over = fleet.result({WEB: scanned(HOLE)}, STRICT, given, NOW + 40 * DAY)
    assert with_scan_news(over, report_of(soon), NOW)["news"] == [
        WEB + " fails, it passed before",
        "the waiver of team-shop for CVE-2026-1000 ended 2026-12-31, so it counts again",
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        {"result": 5},
        {"result": {"results": 5, "summary": 5}},
        {"result": {"results": [5, {"status": "odd", "image": WEB}, {"status": "passed", "references": 7}]}},
        {"result": {"summary": {"waivers_expired": [5]}}},
        {"result": None, "last_with_result": 5},
    ],
)
def test_a_damaged_report_is_as_good_as_none(damaged):
    assert with_scan_news(bad(), damaged, NOW)["news"] == []


@pytest.fixture(name="told")
def fixture_told(configure, core, tmp_path):
    """Scans, one after the other, and whether somebody was told."""
    place = tmp_path / "told"

    def told(result, **changes):
        core(result)
        config = configure(notify_command=["/bin/sh", "-c", "cat > " + str(place)], **changes)
        assert not scheduled.record(config, scheduled.run(config, dry_run=False))
        if not place.exists():
            return None
        document = json.loads(place.read_text())
        place.unlink()
        return document

    return told


def test_somebody_is_told_when_it_is_bad_or_new_and_not_else(told):
    assert told(good()) is None
    assert told(bad())["exit_code"] == 12
    assert told(bad())["exit_code"] == 12
    mended = told(good())
    assert (mended["exit_code"], mended["result"]["news"]) == (0, [WEB + " passes, it failed before"])
    assert told(good()) is None
    assert told(unknown())["exit_code"] == 3


def test_bad_runs_are_waited_for_and_news_is_not(told):
    assert told(bad(), notify_after=2) is None
    assert told(bad(), notify_after=2)["troubled_runs"] == 2
    assert told(good(), notify_after=2)["result"]["news"]
