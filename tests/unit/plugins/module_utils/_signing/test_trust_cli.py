# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command lines have `docker trust`, which server is asked, and where DOCKER_CONTENT_TRUST does nothing."""

from __future__ import annotations

from typing import Optional

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.enforcement import (
    GAPS,
    HostTrust,
    judge_environment,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import (
    environment,
    has_no_trust,
    major_version,
    no_trust,
    read_version,
    trust_server,
)


@pytest.mark.parametrize(
    "told, version, major",
    [
        ("Docker version 20.10.24+dfsg1, build 297e128\n", "20.10.24+dfsg1", 20),
        ("Docker version 28.5.2, build ecc6942", "28.5.2", 28),
        ("Docker version 29.0.0-rc.1, build 3d4129b", "29.0.0-rc.1", 29),
    ],
)
def test_versions(told: str, version: str, major: int) -> None:
    assert read_version(told, "docker") == version
    assert major_version(version) == major


@pytest.mark.parametrize("told", ["", "podman version 4.3.1", "Docker version unknown"])
def test_what_is_no_docker_command_line(told: str) -> None:
    with pytest.raises(ToolError, match="/opt/docker is no docker command line"):
        read_version(told, "/opt/docker")


def test_the_refusal_says_what_is_gone_since_when_and_what_to_do() -> None:
    assert has_no_trust("docker: unknown command: docker trust\n")
    assert has_no_trust("docker: 'trust' is not a docker command.\nSee 'docker --help'")
    assert not has_no_trust("no signatures or cannot access x")
    told = str(no_trust("docker", "29.0.0"))
    for words in ("version 29", "November 2025", "DOCKER_CONTENT_TRUST=1 does nothing", "cosign", "28 or older"):
        assert words in told


@pytest.mark.parametrize(
    "given, image, wanted",
    [
        (None, "registry.example.com:5000/shop/web:1", "https://registry.example.com:5000"),
        (None, "nginx:1", "https://notary.docker.io"),
        ("https://notary.example.com/", "nginx:1", "https://notary.example.com"),
        ("https://notary.example.com:4443", "nginx:1", "https://notary.example.com:4443"),
    ],
)
def test_the_server_that_is_asked(given: Optional[str], image: str, wanted: str) -> None:
    assert trust_server(given, parse_reference(image)) == wanted


@pytest.mark.parametrize(
    "given",
    [
        "http://notary.example.com",
        "notary.example.com",
        "https://",
        "https://n.example.com/v2",
        "https://n.example.com:x",
    ],
)
def test_what_is_no_server(given: str) -> None:
    with pytest.raises(PolicyError, match="trust_server: .* is no server of Docker Content Trust; write https://host"):
        trust_server(given, parse_reference("nginx:1"))


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(PolicyError) as error:
        trust_server("https://user:hunter2@notary.example.com", parse_reference("nginx:1"))
    assert "hunter2" not in str(error.value)


def test_nothing_that_decides_comes_from_the_caller() -> None:
    told = environment("https://n.example.com", "/tmp/c", "unix:///run/docker.sock", {"DOCKER_TLS": "1"})
    assert told == {
        "DOCKER_CONTENT_TRUST_SERVER": "https://n.example.com",
        "DOCKER_CONFIG": "/tmp/c",
        "DOCKER_HOST": "unix:///run/docker.sock",
        "DOCKER_TLS": "1",
        "DOCKER_TLS_VERIFY": "",
        "DOCKER_CERT_PATH": "",
        "DOCKER_CONTEXT": "",
        "DOCKER_API_VERSION": "",
        "DOCKER_CONTENT_TRUST": "",
        "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "",
        "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "",
    }


@pytest.mark.parametrize(
    "found, effective, words",
    [
        (HostTrust("1", "28.5.2", True), True, ""),
        (HostTrust("yes", "28.5.2", True), True, ""),
        (HostTrust("0", "28.5.2", True), False, "is not set"),
        (HostTrust(None, "28.5.2", True), False, "is not set"),
        (HostTrust("1", "29.0.0", False), False, "docker 29.0.0 has no content trust"),
        (HostTrust("1", None, False), False, "there is no docker command line"),
        (HostTrust("1", "28.5.2", True, True), True, "only Mirantis Container Runtime knows"),
    ],
)
def test_where_the_variable_does_something(found: HostTrust, effective: bool, words: str) -> None:
    told = judge_environment(found)
    assert (told["docker_content_trust"], told["cli_version"]) == (found.variable, found.version)
    assert told["effective"] is effective
    assert words in "\n".join(told["reasons"])
    assert told["reasons"][-len(GAPS) :] == list(GAPS)
    assert (len(told["reasons"]) > len(GAPS)) == bool(words)
