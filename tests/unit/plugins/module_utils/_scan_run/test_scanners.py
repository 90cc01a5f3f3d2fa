# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scanners as they misbehave: nothing of it is clean, nothing stays behind, no secret is told."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import tempfile

import pytest
from scan_scene import BACKENDS, CLEAN, IMAGE, NOWHERE, PROGRAMS, Scene
from stand_ins import SAMPLES

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_verdicts import load_verdicts

DAY = 86400
OTHER = "sha256:" + "9" * 64
SECRETS = ("hub-hunter2", "registry-hunter2")
LOGIN = {"registries": [{"registry": NOWHERE, "retries": 0, "username": "bot", "password": "registry-hunter2"}]}
HUB = {"hub_username": "bot", "hub_password": "hub-hunter2"}


def leftovers():
    return glob.glob(os.path.join(tempfile.gettempdir(), "imagefleet-scan-*"))


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert leftovers() == []


def _read(path):
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return b""


def not_scanned(scene, **options):
    """The one image, and the message of the module."""
    with pytest.raises(PartialFailure) as caught:
        scene.scan(**options)
    (row,) = caught.value.result["results"]
    assert row["status"] == "not_scanned"
    assert row["reasons"][0] in str(caught.value) or row["reasons"][0][:200] in str(caught.value)
    return " ".join(row["reasons"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("exit", "exit code 1"),
        ("silent", "it wrote no report"),
        ("truncated", "the report of"),
    ],
)
def test_what_is_no_report_is_not_scanned_and_the_module_fails(tmp_path, backend, mode, says):
    assert says in not_scanned(Scene(tmp_path, backend, mode=mode))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_scanner_that_hangs_is_ended_with_its_children(tmp_path, backend):
    scene = Scene(tmp_path, backend, mode="hang")
    told = not_scanned(scene, scan_timeout=2)
    assert "cannot scan %s within scan_timeout, 2 seconds, and was ended: still fetching" % IMAGE in told
    alive = [path for path in glob.glob("/proc/[0-9]*/cmdline") if str(scene.bin).encode() in _read(path)]
    assert alive == []


def test_a_scanner_that_takes_no_signal_is_killed_and_its_time_was_over(tmp_path):
    told = not_scanned(Scene(tmp_path, "trivy", mode="stubborn"), scan_timeout=1)
    assert "cannot scan %s within scan_timeout, 1 seconds, and was ended" % IMAGE in told


@pytest.mark.parametrize("backend", BACKENDS)
def test_noise_on_the_standard_error_changes_nothing(tmp_path, backend):
    quiet, noisy = Scene(tmp_path / "quiet", backend), Scene(tmp_path / "noisy", backend, mode="noise")
    assert quiet.scan()["results"] == noisy.scan()["results"]


@pytest.mark.parametrize("backend", ["scout", "grype"])
def test_an_exit_code_for_findings_is_no_failure(tmp_path, backend):
    plain, found = Scene(tmp_path / "plain", backend), Scene(tmp_path / "found", backend, mode="found")
    assert plain.scan()["results"] == found.scan()["results"]


def test_scout_without_a_login_says_so_and_with_one_scans(tmp_path):
    scene = Scene(tmp_path, "scout", mode="logged_out")
    assert "docker scout is not logged in to Docker Hub" in not_scanned(scene)
    (row,) = scene.scan(**HUB)["results"]
    assert row["findings"]


def test_a_stale_database_of_grype_is_told_with_the_way_out(tmp_path):
    scene = Scene(tmp_path, "grype", mode="stale")
    assert "its database was built 3 weeks ago, and it takes none older than 5 days: update it" in not_scanned(scene)


def test_a_database_of_trivy_that_is_refused_is_told_with_the_way_out(tmp_path):
    scene = Scene(tmp_path, "trivy", mode="rate")
    assert "keep the database in database_dir" in not_scanned(scene)


# What it knows, and what it read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["trivy", "grype"])
def test_a_database_that_is_too_old_proves_nothing(tmp_path, backend):
    scene = Scene(tmp_path, backend, CLEAN[backend], packages=7)
    options = {"policy": {"max": {"critical": 0}}}
    assert [row["status"] for row in scene.scan(age=5 * DAY, **options)["results"]] == ["passed"]
    told = not_scanned(scene, age=6 * DAY, **options)
    assert "has a database that was built at 20" in told
    assert "6d ago, and max_database_age allows 5d; update it, or allow more" in told
    old = scene.scan(age=6 * DAY, max_database_age="7d", **options)
    assert [row["status"] for row in old["results"]] == ["passed"]


@pytest.mark.parametrize("backend", ["trivy", "grype"])
def test_a_database_of_an_unknown_age_proves_nothing(tmp_path, backend):
    assert "which is yet to come; set clocks right" in not_scanned(Scene(tmp_path / "future", backend), age=-DAY)
    scene = Scene(tmp_path / "undated", backend, CLEAN[backend], mode="undated", packages=7)
    assert "does not tell when its database was built" in not_scanned(scene)
    scene = Scene(tmp_path / "nonsense", backend, CLEAN[backend], packages=7)
    scene.built = lambda _when: (scene.bin / "built").write_text("yesterday")
    assert "says that its database was built at yesterday: it is not a time" in not_scanned(scene)


def test_the_age_of_the_database_of_trivy_is_asked_without_secrets_and_where_it_scanned(tmp_path):
    scene = Scene(tmp_path, "trivy")
    scene.scan(**LOGIN)
    asked = [call for call in scene.calls() if call["argv"][:1] == ["version"]]
    (scan,) = [call for call in scene.calls() if IMAGE in call["argv"]]
    (call,) = asked
    assert call["argv"][-1] == scan["argv"][scan["argv"].index("--cache-dir") + 1]
    assert "TRIVY_PASSWORD" not in call["environment"]


@pytest.mark.parametrize(
    ("backend", "image"),
    [
        ("trivy", {"RepoDigests": ["r.example.com/shop/web@" + OTHER], "ImageID": OTHER}),
        ("trivy", {"RepoDigests": [], "ImageID": OTHER}),
        ("grype", {"repoDigests": ["r.example.com/shop/web@" + OTHER], "manifestDigest": OTHER, "imageID": OTHER}),
        ("grype", {"repoDigests": [], "manifestDigest": "", "imageID": OTHER}),
    ],
)
def test_findings_of_another_image_do_not_count(tmp_path, backend, image):
    wanted = "sha256:" + "1" * 64
    name = "%s/shop/web@%s" % (NOWHERE, wanted)
    scene = Scene(tmp_path, backend, CLEAN[backend], packages=7, tells="subject", image=image)
    options = {"images": [name], "policy": {"max": {"critical": 0}}}
    told = not_scanned(scene, **options)
    assert "read %s, and %s was to be read" % (OTHER, wanted) in told
    memory, _damage = load_verdicts(str(tmp_path / "state"))
    assert {(digest, one["status"]) for digest, by in memory.items() for one in by.values()} == {
        (wanted, "not_scanned")
    }
    scene.order(CLEAN[backend], packages=7, tells="subject")
    assert [row["status"] for row in scene.scan(**options)["results"]] == ["passed"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_found_is_clean_only_when_packages_were_read(tmp_path, backend):
    scene = Scene(tmp_path, backend, CLEAN[backend], packages=7)
    (row,) = scene.scan(policy={"max": {"critical": 0}})["results"]
    assert (row["status"], row["findings"]) == ("passed", [])
    assert row["packages"] == 7 or (backend == "trivy" and row["packages"] > 0)


@pytest.mark.parametrize(
    ("backend", "sample"), [("scout", "clean.sarif"), ("grype", "zero-packages.json"), ("trivy", "zero-packages.json")]
)
def test_no_packages_are_never_clean(tmp_path, backend, sample):
    scene = Scene(tmp_path, backend, sample, packages=0)
    result = scene.scan()
    assert [row["status"] for row in result["results"]] == ["not_scanned"]
    # No scanner failed, so it is for the policy to say whether that is a failure.
    with pytest.raises(PartialFailure, match="not scanned"):
        scene.scan(fail_on_policy=True)


def test_packages_that_scout_tells_while_it_works_need_no_second_look(tmp_path):
    scene = Scene(tmp_path, "scout", "clean.sarif", packages=7, told=True)
    (row,) = scene.scan()["results"]
    assert row["packages"] == 7
    assert not [call for call in scene.calls() if "sbom" in call["argv"]]


def test_a_report_of_trivy_without_packages_is_not_clean(tmp_path):
    scene = Scene(tmp_path, "trivy", "packages-not-listed.json")
    (row,) = scene.scan()["results"]
    assert row["status"] == "not_scanned"
    assert "lists no packages although --list-all-pkgs was given" in " ".join(row["notes"] + row["reasons"])


def test_an_image_whose_system_was_not_read_does_not_pass_and_may_fail(tmp_path):
    sample = tmp_path / "language-packages.json"
    document = json.loads((SAMPLES / "trivy" / "findings.json").read_text())
    document["Results"] = [result for result in document["Results"] if result["Class"] == "lang-pkgs"]
    sample.write_text(json.dumps(document))
    scene = Scene(tmp_path, "trivy", str(sample))
    (row,) = scene.scan(policy={"max": {"critical": 0}})["results"]
    assert row["status"] == "not_scanned"
    assert "the system is debian 12.5 and lists none of its packages" in " ".join(row["reasons"])
    # What was found all the same is there.
    (row,) = scene.scan(policy={"max": {"high": 0}})["results"]
    assert row["status"] == "failed"


def test_findings_of_grype_in_languages_alone_do_not_hide_a_system_that_was_not_read(tmp_path):
    document = json.loads((SAMPLES / "grype" / "findings.json").read_text())
    document["matches"] = [match for match in document["matches"] if match["artifact"]["type"] == "npm"]
    (tmp_path / "npm.json").write_text(json.dumps(document))
    scene = Scene(tmp_path, "grype", str(tmp_path / "npm.json"), packages=3, of_languages=True)
    policy = {"policy": {"max": {"critical": 0}}}
    (row,) = scene.scan(**policy)["results"]
    assert row["status"] == "not_scanned" and row["findings"]
    assert "the system is debian 12" in row["reasons"][0] and "lists none of its packages" in row["reasons"][0]
    scene.order(str(tmp_path / "npm.json"), packages=3)
    assert [row["status"] for row in scene.scan(**policy)["results"]] == ["passed"]
    # A system without a package manager has none.
    document["distro"] = {"name": "busybox", "version": "1.36"}
    (tmp_path / "npm.json").write_text(json.dumps(document))
    scene.order(str(tmp_path / "npm.json"), packages=3, of_languages=True)
    assert [row["status"] for row in scene.scan(**policy)["results"]] == ["passed"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_secret_is_in_arguments_results_or_files(tmp_path, backend):
    scene = Scene(tmp_path, backend, mode="exit")
    options = {**LOGIN, **(HUB if backend == "scout" else {})}
    told = not_scanned(scene, **options)
    assert "********" in told
    scene.order()
    result = scene.scan(**options)
    everything = [told, repr(result), *scene.started, *(repr(call["argv"]) for call in scene.calls())]
    everything += [data.decode("utf-8", "replace") for data in scene.files().values()]
    for text in everything:
        assert not [secret for secret in SECRETS if secret in text]
    scans = [call["environment"] for call in scene.calls() if IMAGE in " ".join(call["argv"])]
    wanted = {
        "scout": "DOCKER_SCOUT_REGISTRY_PASSWORD",
        "trivy": "TRIVY_PASSWORD",
        "grype": "GRYPE_REGISTRY_AUTH_PASSWORD",
    }
    assert scans
    assert all(wanted[backend] in names for names in scans)
    assert not [call for call in scene.calls() if call["exposed"]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_ca_of_a_registry_is_trusted_beside_those_of_the_system(tmp_path, backend, monkeypatch):
    (tmp_path / "system.pem").write_text("those of the system\n")
    (tmp_path / "ca.pem").write_text("that of the registry\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    scene = Scene(tmp_path, backend)
    ca = {"registries": [{"registry": NOWHERE, "retries": 0, "ca_path": str(tmp_path / "ca.pem")}]}
    scene.scan(**ca)
    (call, *_more) = [one for one in scene.calls() if IMAGE in " ".join(one["argv"])]
    if backend == "grype":
        assert "GRYPE_REGISTRY_CA_CERT" in call["environment"] and call["trusted"] == {}
    else:
        assert call["trusted"] == {"text": "those of the system\nthat of the registry\n", "mode": 0o600}
    # Who fetches the database, or tells a version, needs none.
    assert not [one for one in scene.calls() if one["trusted"] and IMAGE not in " ".join(one["argv"])]


def test_trivy_fetches_its_database_without_credentials_and_once(tmp_path):
    scene = Scene(tmp_path, "trivy")
    scene.scan(images=[IMAGE, NOWHERE + "/shop/api:1"], **LOGIN)
    fetches = [call for call in scene.calls() if "--download-db-only" in call["argv"]]
    assert len(fetches) == 1
    assert "TRIVY_PASSWORD" not in fetches[0]["environment"]


def test_a_kept_database_is_used_again_and_analyses_are_not_kept(tmp_path):
    scene = Scene(tmp_path, "trivy")
    scene.scan(database_dir=str(tmp_path / "kept"))
    kept = sorted(str(path.relative_to(tmp_path / "kept")) for path in (tmp_path / "kept").rglob("*"))
    assert kept == ["db", "db/metadata.json", "java-db"]
    (row,) = scene.scan(database_dir=str(tmp_path / "kept"), offline=True)["results"]
    assert row["findings"]


@pytest.mark.parametrize("backend", ["trivy", "grype"])
def test_offline_without_a_copy_of_the_database_says_where_to_put_one(tmp_path, backend):
    scene = Scene(tmp_path, backend)
    (tmp_path / "empty").mkdir()
    told = not_scanned(scene, offline=True, database_dir=str(tmp_path / "empty"))
    assert "its database is not there" in told


@pytest.mark.parametrize("backend", BACKENDS)
def test_scanners_see_neither_files_nor_variables_that_hide_findings(tmp_path, backend, monkeypatch):
    hiding = [
        "TRIVY_IGNORE_UNFIXED",
        "TRIVY_SEVERITY",
        "GRYPE_ONLY_FIXED",
        "GRYPE_SEARCH_SCOPE",
        "DOCKER_SCOUT_OFFLINE",
    ]
    # Also what no release that we know has.
    hiding += ["TRIVY_DOWNLOAD_DB_ONLY", "TRIVY_NOBODY_KNOWS", "GRYPE_NOBODY_KNOWS", "DOCKER_SCOUT_NOBODY_KNOWS"]
    useful = {
        "scout": "DOCKER_SCOUT_REGISTRY_USER",
        "trivy": "TRIVY_JAVA_DB_REPOSITORY",
        "grype": "GRYPE_DB_UPDATE_URL",
    }
    for name in [*hiding, *useful.values()]:
        monkeypatch.setenv(name, "true")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".trivyignore").write_text("CVE-2024-1001\n")
    scene = Scene(tmp_path, backend)
    scene.scan()
    own = {"scout": "DOCKER_SCOUT_", "trivy": "TRIVY_", "grype": "GRYPE_"}[backend]
    assert scene.calls()
    for call in scene.calls():
        assert not [name for name in call["environment"] if name in hiding and name.startswith(own)]
        assert useful[backend] in call["environment"]
        assert call["folder"] != str(tmp_path)


def test_grype_reads_no_configuration_of_its_user(tmp_path):
    scene = Scene(tmp_path, "grype")
    scene.scan()
    (call,) = [one["argv"] for one in scene.calls() if "--file" in one["argv"]]
    assert call[call.index("--config") + 1] == os.path.join(
        os.path.dirname(call[call.index("--file") + 1]), "settings.yaml"
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_folder_of_a_scan_is_for_its_user_alone(tmp_path, backend):
    scene = Scene(tmp_path, backend)
    modes = []

    def run(argv, environment, text):
        modes.append(os.stat(environment["TMPDIR"]).st_mode & 0o777)
        return real(argv, environment, text)

    real, scene._run = scene._run, run
    scene.scan()
    assert set(modes) == {0o700}


# Pinning -----------------------------------------------------------------------------------------------------------------


def checksum(path):
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_the_pinned_program_is_started(tmp_path, backend):
    scene = Scene(tmp_path, backend)
    name = PROGRAMS[backend]
    if backend == "scout":
        # The plug-in is what scans, and it lies where the command line looks for it.
        place = tmp_path / "docker" / "cli-plugins"
        place.mkdir(parents=True)
        scene.paths["docker-scout"].rename(place / "docker-scout")
        (place / "orders.json").write_bytes((scene.bin / "orders.json").read_bytes())
        pinned = place / "docker-scout"
    else:
        pinned = scene.paths[name]
    good = checksum(pinned)
    assert scene.scan(scanner_checksum=good)["results"][0]["findings"]
    install_again = scene.calls()
    pinned.write_bytes(pinned.read_bytes() + b"# changed\n")
    with pytest.raises(
        ToolError, match="scanner_checksum: .* has sha256:.*, and %s is pinned, so it was not started" % good
    ):
        scene.scan(scanner_checksum=good)
    assert scene.calls() == install_again


@pytest.mark.parametrize("backend", BACKENDS)
def test_versions_are_refused_before_anything_is_scanned(tmp_path, backend):
    scene = Scene(tmp_path, backend, version="3.2.1")
    with pytest.raises(ToolError, match=r"is version 3\.2\.1, which is refused: refuse_versions lists it"):
        scene.scan(refuse_versions=["3.2.1"])
    assert not [call for call in scene.calls() if IMAGE in " ".join(call["argv"])]


def test_the_releases_of_an_attacker_are_refused_without_being_asked_to(tmp_path):
    scene = Scene(tmp_path, "trivy", version="0.69.5")
    with pytest.raises(ToolError, match="GHSA-69fq-xp46-6x23"):
        scene.scan()


@pytest.mark.parametrize(("backend", "version"), [("scout", "0.24.1"), ("trivy", "0.36.1"), ("grype", "0.54.0")])
def test_what_is_too_old_is_told(tmp_path, backend, version):
    scene = Scene(tmp_path, backend, version=version)
    with pytest.raises(ToolMissing, match="is version %s, and .* or newer is needed" % version):
        scene.scan()


def test_a_scanner_that_is_not_there_is_told(tmp_path):
    scene = Scene(tmp_path, "trivy")
    with pytest.raises(ToolMissing, match="backend trivy: there is no program /nonexistent/trivy on this host"):
        scene.scan(scanner="/nonexistent/trivy")


def test_a_program_that_is_no_scanner_is_told(tmp_path):
    scene = Scene(tmp_path, "trivy")
    with pytest.raises(ToolError, match="does not tell its version"):
        scene.scan(scanner="/bin/true")
