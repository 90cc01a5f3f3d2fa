# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to result, with stand-ins: what is remembered, reported, and told before anything is started."""

from __future__ import annotations

import json

import pytest
from scan_scene import BACKENDS, CLEAN, IMAGE, NOW, NOWHERE, Scene

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    LockedError,
    PartialFailure,
    PolicyError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.memory import decode_memory
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import parse_scan_options
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import save_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import load_memory

DAY = 86400
OTHER = NOWHERE + "/shop/api:1"


@pytest.mark.parametrize("backend", BACKENDS)
def test_check_tells_what_happens_and_the_second_run_changes_nothing(tmp_path, backend):
    scene = Scene(tmp_path, backend)
    planned = scene.scan(apply=False)
    assert scene.files() == {}
    real = scene.scan()
    assert planned == real
    assert real["changed"]
    written = scene.files()
    repeated = scene.scan(now=NOW + DAY)
    assert not repeated["changed"]
    assert repeated["reports"] == []
    assert {name: data for name, data in scene.files().items() if name.startswith("reports")} == {
        name: data for name, data in written.items() if name.startswith("reports")
    }


def test_changes_are_told_against_the_last_scan(tmp_path):
    scene = Scene(tmp_path, "trivy")
    first = scene.scan()["results"][0]
    assert first["changes"]["new"] == len(first["findings"]) > 0
    again = scene.scan(now=NOW + DAY)["results"][0]
    assert (again["changes"]["new"], again["changes"]["still"]) == (0, len(first["findings"]))
    assert {finding["first_seen"] for finding in again["findings"]} == {
        finding["first_seen"] for finding in first["findings"]
    }
    scene.order(CLEAN["trivy"])
    last = scene.scan(now=NOW + 2 * DAY)
    assert last["changed"]
    assert len(last["results"][0]["gone"]) == len(first["findings"])


def test_grace_is_counted_from_the_first_scan(tmp_path):
    scene = Scene(tmp_path, "trivy")
    policy = {"grace": {"critical": "7d"}}
    assert scene.scan(policy=policy)["results"][0]["status"] == "passed"
    assert scene.scan(policy=policy, now=NOW + 6 * DAY)["results"][0]["status"] == "passed"
    late = scene.scan(policy=policy, now=NOW + 8 * DAY)
    assert late["results"][0]["status"] == "failed"
    # A verdict that changed is a report that changed.
    assert late["changed"]


def test_a_policy_fails_the_module_when_asked_with_all_results(tmp_path):
    scene = Scene(tmp_path, "trivy", samples={OTHER: CLEAN["trivy"]})
    options = {"images": [IMAGE, OTHER], "policy": {"max": {"critical": 0}}}
    assert [row["status"] for row in scene.scan(**options)["results"]] == ["passed", "failed"]
    with pytest.raises(
        PartialFailure, match="1 of 2 images did not pass: %s failed: 1 critical counts, 0 are allowed" % IMAGE
    ) as caught:
        scene.scan(fail_on_policy=True, **options)
    assert len(caught.value.result["results"]) == 2


def test_a_waiver_lets_it_pass_until_it_ends(tmp_path):
    scene = Scene(tmp_path, "trivy")
    waivers = [{"id": "CVE-2024-1001", "owner": "team", "reason": "not reachable", "expires": "2099-01-01"}]
    options = {"policy": {"max": {"critical": 0}}, "fail_on_policy": True}
    (row,) = scene.scan(waivers=waivers, **options)["results"]
    assert row["counts"]["waived"] == 1
    expired = [{**waivers[0], "expires": "2020-01-01"}]
    with pytest.raises(PartialFailure) as caught:
        scene.scan(waivers=expired, **options)
    assert [one["id"] for one in caught.value.result["summary"]["waivers_expired"]] == ["CVE-2024-1001"]


def test_waivers_and_statements_come_from_files_too(tmp_path):
    scene = Scene(tmp_path, "grype")
    entry = {"id": "CVE-2024-1001", "owner": "team", "reason": "not reachable", "expires": "2099-01-01"}
    (tmp_path / "waivers.json").write_text(json.dumps([entry]))
    (row,) = scene.scan(waivers_file=str(tmp_path / "waivers.json"))["results"]
    assert row["counts"]["waived"] == 1


def test_images_are_scanned_once_and_one_failure_stops_no_other(tmp_path):
    scene = Scene(tmp_path, "trivy", samples={OTHER: "../scout/logged-out.txt"})
    with pytest.raises(PartialFailure, match="1 of 2 images did not pass: %s not scanned" % OTHER) as caught:
        scene.scan(images=[IMAGE, OTHER, IMAGE])
    assert [row["status"] for row in caught.value.result["results"]] == ["not_scanned", "passed"]
    assert len([call for call in scene.calls() if IMAGE in call["argv"]]) == 1


def test_names_that_the_scanner_finds_to_be_one_image_are_one_result(tmp_path):
    scene = Scene(tmp_path, "trivy")
    (row,) = scene.scan(images=[IMAGE, NOWHERE + "/shop/web:latest"])["results"]
    assert row["references"] == [IMAGE, NOWHERE + "/shop/web:latest"]
    assert row["digest"].startswith("sha256:")


# Reports -----------------------------------------------------------------------------------------------------------------


def test_reports_are_one_of_each_kind_for_every_image_and_for_all(tmp_path):
    scene = Scene(tmp_path, "grype", samples={OTHER: CLEAN["grype"]}, packages=3)
    scene.scan(images=[IMAGE, OTHER])
    names = sorted(name for name in scene.files() if name.startswith("reports/"))
    endings = [name.rpartition(".")[2] for name in names]
    # Two images and all of them together, and the list of what is ours.
    assert [endings.count(kind) for kind in ("json", "sarif", "md")] == [4, 3, 3]
    document = json.loads((tmp_path / "reports" / "scan.json").read_text())
    assert [row["image"] for row in document["results"]] == [OTHER, IMAGE]
    assert json.loads((tmp_path / "reports" / "scan.sarif").read_text())["version"] == "2.1.0"


def test_no_two_results_share_a_report(tmp_path):
    digests = ["sha256:" + "a" * 64, "sha256:" + "b" * 64]
    images = ["%s/shop/web@%s" % (NOWHERE, digest) for digest in digests]
    images += [NOWHERE + "/shop/web_1:2", NOWHERE + "/shop/web/1:2"]
    scene = Scene(tmp_path, "scout")
    results = scene.scan(images=images)["results"]
    assert len(results) == 4
    told = [json.loads(path.read_text()) for path in (tmp_path / "reports").glob("*-*.json") if path.name[0] != "."]
    assert sorted(one["image"] for one in told) == sorted(images)


def test_results_tell_when_they_were_found_out_and_reports_do_not(tmp_path):
    scene = Scene(tmp_path, "trivy")
    assert [row["scanned"] for row in scene.scan()["results"]] == [iso_time(NOW)]
    assert [row["scanned"] for row in scene.scan(now=NOW + DAY)["results"]] == [iso_time(NOW + DAY)]
    assert not [name for name, data in scene.files().items() if name.startswith("reports") and b'"scanned"' in data]


def test_no_image_at_all_passes_no_gate(tmp_path):
    scene = Scene(tmp_path, "trivy")
    ledger = tmp_path / "ledger.json"
    save_ledger(str(ledger), Ledger(NOW, NOW))
    assert scene.scan(images=[], ledger=str(ledger))["results"] == []
    with pytest.raises(PartialFailure, match="there was no image to scan, so nothing passed") as caught:
        scene.scan(images=[], ledger=str(ledger), fail_on_policy=True)
    assert caught.value.result["results"] == []


def test_reports_of_images_that_are_no_longer_scanned_go_and_others_stay(tmp_path):
    scene = Scene(tmp_path, "grype", samples={OTHER: CLEAN["grype"]}, packages=3)
    scene.scan(images=[IMAGE, OTHER])
    folder = tmp_path / "reports"
    (folder / "notes.md").write_text("mine")
    (folder / "127.0.0.1_1_shop_web-of-mine.json").write_text("mine")
    result = scene.scan(images=[OTHER])
    removed = [entry["path"] for entry in result["reports"] if entry["change"] == "removed"]
    assert len(removed) == 3
    left = sorted(path.name for path in folder.iterdir())
    assert "notes.md" in left
    assert "127.0.0.1_1_shop_web-of-mine.json" in left
    assert not [name for name in removed if (folder / name).exists()]


def test_a_list_of_reports_that_names_files_elsewhere_removes_none_of_them(tmp_path):
    scene = Scene(tmp_path, "grype", packages=3)
    scene.scan()
    (tmp_path / "victim").write_text("mine")
    listed = {"files": ["../victim", str(tmp_path / "victim"), "..", "", None]}
    (tmp_path / "reports" / ".imagefleet-scan.json").write_text(json.dumps(listed))
    scene.order(CLEAN["grype"], packages=3)
    assert scene.scan()["changed"]
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_report_that_somebody_changed_is_written_again(tmp_path):
    scene = Scene(tmp_path, "grype")
    scene.scan()
    (tmp_path / "reports" / "index.md").write_text("all is well")
    assert [entry["change"] for entry in scene.scan()["reports"]] == ["changed"]


def test_the_difference_shows_the_overview(tmp_path):
    scene = Scene(tmp_path, "trivy")
    difference = scene.scan()["diff"]
    assert difference["before"] == ""
    assert IMAGE in difference["after"]


def test_metrics_are_written_where_asked(tmp_path):
    scene = Scene(tmp_path, "trivy")
    scene.scan(metrics_path=str(tmp_path / "scan.prom"), name="nightly")
    assert 'imagefleet_scan_images{name="nightly",status="passed"} 1' in (tmp_path / "scan.prom").read_text()


# Memory ------------------------------------------------------------------------------------------------------------------


def test_what_is_remembered_of_an_image_is_for_others_to_ask(tmp_path):
    scene = Scene(tmp_path, "trivy")
    (row,) = scene.scan(policy={"max": {"critical": 0}})["results"]
    memory, damage = load_memory(str(tmp_path / "state"), decode_memory)
    assert damage is None
    (entry,) = memory["verdicts"][row["digest"]].values()
    assert (entry["status"], entry["images"], entry["reasons"]) == ("failed", [IMAGE], row["reasons"])
    assert ((tmp_path / "state" / "scans.json").stat().st_mode & 0o777) == 0o600


def test_images_that_are_not_scanned_any_more_are_forgotten_in_time(tmp_path):
    scene = Scene(tmp_path, "grype", samples={OTHER: CLEAN["grype"]}, packages=3)
    policy = {"max": {"critical": 0}}
    scene.scan(images=[OTHER], policy=policy)
    scene.scan(images=[IMAGE], policy=policy, now=NOW + 89 * DAY)
    assert len(load_memory(str(tmp_path / "state"), decode_memory)[0]["verdicts"]) >= 1
    scene.scan(images=[IMAGE], now=NOW + 91 * DAY)
    memory, _damage = load_memory(str(tmp_path / "state"), decode_memory)
    assert {name for by in memory["verdicts"].values() for one in by.values() for name in one["images"]} == {IMAGE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"schema": 1}',
        '{"schema": 2, "seen": {}, "images": {}}',
        '{"schema": 1, "scanned": {}, "first_seen": {}, "last": {}, "verdicts": {"a": 3}}',
    ],
)
def test_a_damaged_memory_begins_anew_says_so_and_is_kept_aside(tmp_path, text):
    scene = Scene(tmp_path, "trivy")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "scans.json").write_text(text)
    result = scene.scan()
    assert "periods of grace begin anew" in " ".join(result["notes"])
    assert (tmp_path / "state" / "scans.json.corrupt").read_text() == text
    assert "begin anew" not in " ".join(scene.scan()["notes"])


def test_two_scans_do_not_share_a_memory_at_a_time(tmp_path):
    scene = Scene(tmp_path, "trivy")
    with exclusive_lock(str(tmp_path / "state" / "lock")):
        with pytest.raises(LockedError, match="another scan is at work"):
            scene.scan()
        assert scene.calls() == []
        # Who only looks waits for nobody.
        assert scene.scan(apply=False)["results"]


# Bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {
                "backend": "debsecan",
                "scanner": "debsecan",
                "database_repository": "https://me:hunter2@debian.example.com/",
            },
            "database_repository: a user or password in the URL would be an argument",
        ),
        ({"images": []}, "images: nothing is to be scanned"),
        ({"images": ["UPPER/Case:1"]}, r"images\[0\]: 'UPPER/Case:1' is not an image reference"),
        ({"backend": "clair"}, "backend: 'clair' is none of scout, trivy, grype, debsecan"),
        ({"scan_timeout": 0}, "scan_timeout: 0 is not a positive number of seconds"),
        ({"scanner_checksum": "abc"}, "scanner_checksum: 'abc' is no checksum; write sha256: and the 64 digits"),
        ({"refuse_versions": ["new"]}, r"refuse_versions\[0\]: 'new' is not a version"),
        ({"offline": True}, "offline: without database_dir trivy has no database"),
        ({"offline": True, "database_dir": "/nonexistent"}, "database_dir: there is no folder /nonexistent"),
        ({"backend": "scout", "offline": True}, "offline: docker scout cannot work without Docker Hub"),
        ({"backend": "scout", "database_dir": "/srv"}, "database_dir: docker scout has no database on this host"),
        (
            {"backend": "grype", "database_repository": "r/x"},
            "database_repository: it is for backend trivy and debsecan, not grype",
        ),
        ({"hub_username": "a", "hub_password": "hunter2"}, "hub_username: it logs docker scout in; backend trivy"),
        ({"backend": "scout", "hub_password": "hunter2"}, "hub_password: given without hub_username"),
        ({"backend": "scout", "hub_username": "a"}, "hub_username: given without hub_password"),
        ({"waivers_file": "/nonexistent.json"}, "waivers_file: there is no /nonexistent.json on this host"),
        ({"waivers_file": "/proc/self/mem"}, "waivers_file: cannot read /proc/self/mem"),
        ({"vex": ["/nonexistent.json"]}, r"vex\[0\]: there is no /nonexistent.json on this host"),
        ({"suite": "bookworm"}, "suite: it is for backend debsecan, not trivy"),
        ({"backend": "debsecan", "suite": "../x"}, "suite: '../x' is not the code name"),
        ({"vex": [3]}, r"vex\[0\]: 3 is neither the path of an OpenVEX document nor one"),
        ({"vex": [{"a": 1}]}, r"vex\[0\]"),
        ({"waivers": [{"id": "CVE-2024-1001"}]}, r"waivers\[0\]"),
        ({"policy": {"max": {"severe": 1}}}, "policy.max.severe"),
        ({"registries": [{"registry": "https://x"}]}, r"registries\[0\].registry"),
        ({"docker_host": "nonsense"}, "docker_host: 'nonsense' is not a Docker host"),
    ],
    ids=str,
)
def test_bad_input_is_told_before_anything_is_started(tmp_path, options, says):
    scene = Scene(tmp_path, "trivy")
    with pytest.raises(PolicyError, match=says) as caught:
        parse_scan_options(scene.options(**options))
    assert "hunter2" not in str(caught.value)
    assert scene.calls() == []
