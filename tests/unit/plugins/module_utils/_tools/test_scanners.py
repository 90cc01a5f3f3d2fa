# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments, versions and words of scanners."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    ANYWHERE,
    ARCHIVE,
    ENGINE,
    REGISTRY,
    SBOM,
    Access,
    Subject,
    Surroundings,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_grype import Grype
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import (
    Listed,
    read_cyclonedx,
    read_scout_sbom,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_scout import Scout
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_trivy import Trivy
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import (
    check_version,
    find_version,
    parse_refused,
)

NEW = (9, 0, 0)
SCANNERS = [Scout(), Trivy(), Grype()]
AROUND = Surroundings("/run/report", "/run/cache", "/run/settings.yaml", "/var/db", 600, 432000)
OFFLINE = Surroundings("/run/report", "/run/cache", "/run/settings.yaml", "/var/db", 600, 432000, offline=True)
USER = Access("registry.example.com", username="bot", password="hunter2")


def words(scanner, subject, around=AROUND, version=NEW):
    return list(scanner.scan(subject, around, version).words)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "\n      ___\n     /  /\\  0.0.0-art\n\nversion: v1.23.0 (go1.24.1 - linux/amd64)\ngit commit: 1\n",
            (1, 23, 0),
        ),
        ("Version: 0.58.1\nVulnerability DB:\n  Version: 2\n  UpdatedAt: 2026-11-01 00:00:00", (0, 58, 1)),
        ('{\n "application": "grype",\n "goVersion": "go1.24.1",\n "version": "0.87.0"\n}', (0, 87, 0)),
        ('{"buildDate":"2025-01-01","goVersion":"go1.24.1","version":"0.87.0"}', (0, 87, 0)),
        ("grype 0.70.1", (0, 70, 1)),
        ("Application:  grype\nVersion:    0.7.0\nGoVersion:  go1.14.14", (0, 7, 0)),
        ("Log in with your Docker ID", None),
        ("", None),
    ],
)
def test_versions_are_found_below_banners_and_beside_other_versions(text, version):
    assert find_version(text) == version


@pytest.mark.parametrize("patch", [4, 5, 6])
def test_releases_of_an_attacker_are_refused_with_their_advisory(patch):
    with pytest.raises(ToolError, match=r"0\.69\.%d, which is refused: .*GHSA-69fq-xp46-6x23" % patch):
        check_version("trivy", "/usr/bin/trivy", (0, 69, patch), (0, 37, 0), ())


def test_the_releases_around_them_are_not_refused():
    for version in ((0, 69, 3), (0, 69, 7), (0, 70, 0)):
        check_version("trivy", "/usr/bin/trivy", version, (0, 37, 0), ())
    check_version("grype", "/usr/bin/grype", (0, 69, 4), (0, 55, 0), ())


def test_a_user_may_refuse_more():
    refused = parse_refused("refuse_versions", ["1.2.3", "v4.5.6"])
    assert refused == ((1, 2, 3), (4, 5, 6))
    with pytest.raises(ToolError, match=r"4\.5\.6, which is refused: refuse_versions lists it"):
        check_version("grype", "/usr/bin/grype", (4, 5, 6), (0, 55, 0), refused)


@pytest.mark.parametrize("value", [[0.69], ["0.69"], ["latest"], [None], "1"])
def test_a_version_that_is_none_is_told_with_its_place(value):
    with pytest.raises(PolicyError, match=r"refuse_versions\[0\]: .* is not a version such as"):
        parse_refused("refuse_versions", value)


def test_what_is_too_old_tells_what_was_found_and_needed():
    with pytest.raises(
        ToolMissing, match=r"trivy \(/usr/bin/trivy\) is version 0\.36\.1, and 0\.37\.0 or newer is needed"
    ):
        check_version("trivy", "/usr/bin/trivy", (0, 36, 1), Trivy.oldest, ())


@pytest.mark.parametrize(
    ("source", "scout", "trivy", "grype"),
    [
        (ANYWHERE, "app:1", ["app:1"], "app:1"),
        (ENGINE, "local://app:1", ["--image-src", "docker", "app:1"], "docker:app:1"),
        (REGISTRY, "registry://app:1", ["--image-src", "remote", "app:1"], "registry:app:1"),
        (ARCHIVE, "archive://app:1", ["--input", "app:1"], "docker-archive:app:1"),
        (SBOM, "sbom://app:1", ["app:1"], "sbom:app:1"),
    ],
)
def test_every_source_has_its_words(source, scout, trivy, grype):
    subject = Subject(source, "app:1")
    assert words(Scout(), subject)[-1] == scout
    assert words(Trivy(), subject)[-len(trivy) :] == trivy
    assert words(Trivy(), subject)[0] == ("sbom" if source == SBOM else "image")
    assert words(Grype(), subject)[0] == grype


@pytest.mark.parametrize("source", [ANYWHERE, ENGINE, REGISTRY])
@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda one: one.name)
def test_a_scanner_is_told_the_platform_wherever_it_finds_the_image(scanner, source):
    told = words(scanner, Subject(source, "app:1", "linux/arm64"))
    assert told[told.index("--platform") + 1] == "linux/arm64"


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda one: one.name)
def test_reports_go_to_a_file_and_exit_codes_tell_no_verdict(scanner):
    told = words(scanner, Subject(REGISTRY, "app:1", "linux/arm64"))
    assert AROUND.report in told
    assert not {"--exit-code", "-e", "--fail-on", "-f", "--exit-on-eol"} & set(told)


@pytest.mark.parametrize("scanner", SCANNERS, ids=lambda one: one.name)
@pytest.mark.parametrize("access", [USER, Access("registry.example.com", token="hunter2")], ids=["user", "token"])
def test_credentials_are_in_the_environment_alone(scanner, access):
    assert "hunter2" in scanner.access(access).values()
    for source in (ANYWHERE, REGISTRY):
        call = scanner.scan(Subject(source, "app:1"), AROUND, NEW)
        assert not [word for word in call.words if "hunter2" in word or "bot" in word]


def test_environments_are_those_that_are_documented():
    insecure = Access("r.example.com:5000", "bot", "hunter2", insecure=True, verify=False, ca_path="/etc/ca.pem")
    assert Scout().access(insecure) == {
        "DOCKER_SCOUT_REGISTRY_USER": "bot",
        "DOCKER_SCOUT_REGISTRY_PASSWORD": "hunter2",
    }
    assert Trivy().access(insecure) == {
        "TRIVY_USERNAME": "bot",
        "TRIVY_PASSWORD": "hunter2",
        "TRIVY_NON_SSL": "true",
        "TRIVY_INSECURE": "true",
    }
    assert Grype().access(insecure) == {
        "GRYPE_REGISTRY_AUTH_AUTHORITY": "r.example.com:5000",
        "GRYPE_REGISTRY_AUTH_USERNAME": "bot",
        "GRYPE_REGISTRY_AUTH_PASSWORD": "hunter2",
        "GRYPE_REGISTRY_INSECURE_USE_HTTP": "true",
        "GRYPE_REGISTRY_INSECURE_SKIP_TLS_VERIFY": "true",
        "GRYPE_REGISTRY_CA_CERT": "/etc/ca.pem",
    }
    for scanner in SCANNERS:
        assert scanner.access(Access("registry.example.com")) == {}


def test_offline_fetches_nothing():
    assert words(Trivy(), Subject(ENGINE, "app:1"), OFFLINE)[-4:] == [
        "--skip-db-update",
        "--skip-java-db-update",
        "--offline-scan",
        "app:1",
    ]
    assert Grype().scan(Subject(ENGINE, "app:1"), OFFLINE, NEW).environment["GRYPE_DB_AUTO_UPDATE"] == "false"
    with pytest.raises(PolicyError, match="offline: docker scout cannot work without Docker Hub"):
        words(Scout(), Subject(ENGINE, "app:1"), OFFLINE)


def test_a_flag_that_the_version_lacks_is_told_with_both_versions():
    with pytest.raises(
        ToolMissing, match=r"trivy 0\.37\.3 does not know --skip-java-db-update, which 0\.38\.0 brought"
    ):
        words(Trivy(), Subject(ENGINE, "app:1"), OFFLINE, (0, 37, 3))
    with pytest.raises(ToolMissing, match=r"docker scout 1\.5\.2 does not know sbom://, which 1\.6\.0 brought"):
        words(Scout(), Subject(SBOM, "/srv/a.json"), AROUND, (1, 5, 2))
    assert "--image-src" not in words(Trivy(), Subject(ENGINE, "app:1"), AROUND, (0, 41, 0))


def test_a_database_from_elsewhere():
    around = Surroundings(
        "/run/report",
        "/run/cache",
        "/run/settings.yaml",
        "/var/db",
        600,
        432000,
        repository="registry.example.com/trivy-db:2",
    )
    assert "registry.example.com/trivy-db:2" in words(Trivy(), Subject(ENGINE, "app:1"), around)
    fetch = Trivy().fetch_database(around)
    assert fetch is not None
    assert "--download-db-only" in fetch.words
    assert fetch.words[-2:] == ("--db-repository", "registry.example.com/trivy-db:2")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("    \u2713 Image stored for indexing\n    \u2713 Indexed 18 packages\n", 18),
        ("    \u2713 SBOM of image already cached, 293 packages indexed\n", 293),
        ("    \u2713 SBOM obtained from attestation, 1 package indexed\n", 1),
        ("    \u2713 Indexed 0 packages\n", 0),
        ("    \u2713 Pulled\n", None),
    ],
)
def test_scout_tells_its_packages_while_it_works(text, count):
    assert Scout().told(text) == count


def test_failures_that_are_known_come_with_advice():
    stale = (
        "failed to load vulnerability db: the vulnerability database was built 3 weeks ago (max allowed age is 5 days)"
    )
    assert "built 3 weeks ago, and it takes none older than 5 days: update it (grype db update" in Grype().advice(stale)
    assert "database_dir" in Grype().advice("database does not exist")
    assert "hub_username" in Scout().advice("Log in with your Docker ID or email address to use docker scout.")
    assert "database_dir" in Trivy().advice("--skip-db-update cannot be specified on the first run")
    assert "database_repository" in Trivy().advice("TOOMANYREQUESTS: retry-after: 1ms")
    for scanner in SCANNERS:
        assert scanner.advice("no such image") is None


def test_packages_are_counted_without_the_system_and_files():
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"type": "library"}, {"type": "operating-system"}, {"type": "file"}],
    }
    assert read_cyclonedx(json.dumps(document), "it").packages == 1
    assert read_cyclonedx('{"bomFormat": "CycloneDX"}', "it") == Listed(0, 0)
    assert read_scout_sbom(
        '{"artifacts": [{}, {"purl": "pkg:deb/debian/zlib1g@1"}, {"purl": "pkg:npm/x@1"}]}', "it"
    ) == Listed(3, 1)
    assert read_scout_sbom('{"artifacts": null, "source": {"image": {"digest": "sha256:1"}}}', "it") == Listed(
        0, 0, "sha256:1"
    )


@pytest.mark.parametrize("count", [read_cyclonedx, read_scout_sbom])
@given(text=st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_what_is_no_list_of_packages_is_an_error_that_names_it(count, text):
    with pytest.raises(ToolError, match="the package list"):
        count(text, "the package list")


@pytest.mark.parametrize("count", [read_cyclonedx, read_scout_sbom])
@pytest.mark.parametrize("listed", [3, ["a"], "x", {"a": 1}], ids=str)
def test_a_list_of_something_else_is_an_error(count, listed):
    with pytest.raises(ToolError, match="the package list: .* is no list of objects"):
        count(json.dumps({"bomFormat": "CycloneDX", "components": listed, "artifacts": listed}), "the package list")
