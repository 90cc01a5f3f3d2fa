# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to an engine besides its socket: TCP with TLS, ssh; and what is said when the library stands in the way."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
from archive import Image, Layer, archive
from lab import Engine
from lab.certificates import make_certificates
from lab.commands import wait_until
from lab.process import identify
from throwaway import throwaway, workbench
from workbench import LABEL, Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup
from ansible_collections.imagefleet.docker.plugins.module_utils._engine import sdk
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import EngineOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, EngineUnreachable

BASE = Layer("transports-base")


def app(number: int) -> Image:
    return Image(["app:%d" % number], [BASE, Layer("transports-%d" % number, 3000 + number)])


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests says about authorities and proxies; tests that mean it set it."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# TCP with TLS --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["overlay2", "containerd"])
def engine(request: Any) -> Iterator[Engine]:
    with throwaway(request.param, tcp_tls=True) as found:
        yield found


@pytest.fixture
def tls(engine: Engine, tmp_path: Path) -> Iterator[Workbench]:
    found = workbench(engine, tmp_path)
    yield found
    found.sweep()


def secured(engine: Engine, **options: Any) -> dict[str, Any]:
    """The options of a client that checks the engine and shows its own certificate."""
    folder = engine.certificates
    return {
        "docker_host": engine.tls_host,
        "tls": True,
        "validate_certs": True,
        "ca_path": str(folder / "ca.pem"),
        "client_cert": str(folder / "cert.pem"),
        "client_key": str(folder / "key.pem"),
        "timeout": 20,
        **options,
    }


def test_tls_with_certificates(engine: Engine, tls: Workbench) -> None:
    """The same plan and deletion as over the socket, but without the engine's files: the bytes are an interval."""
    tls.load(app(1), app(2))
    tls.container("app:2", "created")
    near = tls.plan()
    far = tls.plan(**secured(engine))
    assert far["plan_digest"] == near["plan_digest"]
    low, high = far["summary"]["reclaimable_bytes"], far["summary"]["reclaimable_bytes_max"]
    assert low <= near["summary"]["reclaimable_bytes"] and near["summary"]["reclaimable_bytes_max"] <= high
    result = tls.clean(**secured(engine))
    assert result["summary"]["deleted"] == 1 and tls.names() == {"app:2"}


def test_validate_certs_alone_means_tls(engine: Engine, tls: Workbench) -> None:
    assert tls.plan(**secured(engine, tls=False))["summary"]["to_delete"] == 0


def test_https_is_the_same(engine: Engine, tls: Workbench) -> None:
    assert engine.tls_host is not None
    host = engine.tls_host.replace("tcp://", "https://")
    assert tls.plan(**secured(engine, docker_host=host))["engine"]["id"] == tls.api.info()["ID"]


def test_tls_without_a_check_of_the_engine(engine: Engine, tls: Workbench) -> None:
    result = tls.plan(**secured(engine, validate_certs=False, ca_path=None))
    assert result["engine"]["id"] == tls.api.info()["ID"]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: Any) -> Path:
    """Certificates of another authority."""
    folder = Path(tmp_path_factory.mktemp("stranger"))
    make_certificates(folder, "127.0.0.1")
    return folder


def refused(tls: Workbench, options: dict[str, Any], error: type[EngineError] = EngineUnreachable) -> str:
    """The message of a run that must not go through."""
    tls.load(app(1))
    with pytest.raises(error) as caught:
        tls.clean(**options)
    assert tls.names() == {"app:1"}
    message = str(caught.value)
    assert "\n" not in message and str(options["docker_host"]) in message
    return message


def test_another_authority_is_refused(engine: Engine, tls: Workbench, stranger: Path) -> None:
    message = refused(tls, secured(engine, ca_path=str(stranger / "ca.pem")))
    assert "certificate verify failed" in message


def test_the_systems_authorities_do_not_know_the_engine(engine: Engine, tls: Workbench) -> None:
    message = refused(tls, secured(engine, ca_path=None))
    assert "certificate verify failed" in message


def test_the_engine_refuses_a_strangers_certificate(engine: Engine, tls: Workbench, stranger: Path) -> None:
    options = secured(engine, client_cert=str(stranger / "cert.pem"), client_key=str(stranger / "key.pem"))
    # Depending on who is faster, the library reads the engine's reason, or only finds the connection closed.
    assert "ssl" in refused(tls, options).lower()


def test_the_engine_refuses_a_client_without_certificate(engine: Engine, tls: Workbench) -> None:
    assert "certificate" in refused(tls, secured(engine, client_cert=None, client_key=None)).lower()


def test_tls_hostname(engine: Engine, tls: Workbench) -> None:
    """The name in the certificate is checked against the given one, not against the address."""
    assert tls.plan(**secured(engine, tls_hostname="localhost"))["summary"]["to_delete"] == 0
    message = refused(tls, secured(engine, tls_hostname="somebody-else.example"))
    assert "somebody-else.example" in message


def test_plain_http_to_a_tls_address(engine: Engine, tls: Workbench) -> None:
    message = refused(tls, {"docker_host": engine.tls_host, "timeout": 20}, EngineError)
    assert "HTTPS" in message


def test_the_given_authority_counts_whatever_the_environment_says(
    engine: Engine, tls: Workbench, stranger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many companies set REQUESTS_CA_BUNDLE on every host: `ca_path` is more special, and narrower."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger / "ca.pem"))
    assert tls.plan(**secured(engine))["engine"]["id"] == tls.api.info()["ID"]


def test_no_check_is_no_check_whatever_the_environment_says(
    engine: Engine, tls: Workbench, stranger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger / "ca.pem"))
    result = tls.plan(**secured(engine, validate_certs=False, ca_path=None))
    assert result["engine"]["id"] == tls.api.info()["ID"]


def test_the_given_authority_is_not_widened_by_the_environment(
    engine: Engine, tls: Workbench, stranger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(engine.certificates / "ca.pem"))
    assert "certificate verify failed" in refused(tls, secured(engine, ca_path=str(stranger / "ca.pem")))


# ssh -----------------------------------------------------------------------------------------------------------------


class Remote:
    """One host of the lab's fleet, with its own ssh command line."""

    def __init__(self, host: dict[str, Any], known_hosts: str, folder: Path) -> None:
        self.docker_host = "ssh://%s@%s:%d" % (host["user"], host["address"], host["port"])
        self.prefix = "t-ssh-%d" % os.getpid()
        self.folder = folder
        self.host, self.known_hosts = host, known_hosts
        self.program = str(shutil.which("ssh"))
        self.options = [
            *("-F", "none", "-i", host["key"], "-o", "UserKnownHostsFile=" + known_hosts),
            *("-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
        ]

    def call(self, *command: str, data: bytes = b"") -> str:
        port = ["-p", str(self.host["port"])]
        words = [
            self.program,
            *self.options,
            *port,
            "%s@%s" % (self.host["user"], self.host["address"]),
            shlex.join(command),
        ]
        return subprocess.run(words, input=data, capture_output=True, check=True, timeout=120).stdout.decode()

    def load(self, *images: Image) -> None:
        named = [
            Image(["%s/%s" % (self.prefix, name) for name in image.names], image.layers, {LABEL: self.prefix})
            for image in images
        ]
        self.call("docker", "load", "--quiet", data=archive(named))

    def names(self) -> set[str]:
        text = self.call("docker", "images", "--format", "{{.Repository}}:{{.Tag}}")
        return {name[len(self.prefix) + 1 :] for name in text.split() if name.startswith(self.prefix + "/")}

    def run(self, apply: bool, **options: Any) -> dict[str, Any]:
        base = {
            "docker_host": self.docker_host,
            "state_file": str(self.folder / "state.json"),
            "minimum_age": "0",
            "delete": [{"labels": LABEL + "=" + self.prefix}],
        }
        files = {"hold_file": str(self.folder / "hold"), "lock_file": str(self.folder / "lock")}
        return run_cleanup(parse_options({**base, **options}), apply, **files)

    def sweep(self) -> None:
        for name in self.names():
            self.call("docker", "rmi", "--force", "%s/%s" % (self.prefix, name))


@pytest.fixture(params=["overlay2", "containerd"])
def remote(request: Any, lab: dict[str, Any], tmp_path: Path) -> Iterator[Remote]:
    host = [host for host in lab["hosts"] if host["store"] == request.param][-1]
    found = Remote(host, lab["known_hosts"], tmp_path)
    yield found
    found.sweep()


def wrap_ssh(folder: Path, options: list[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `ssh` before all others on PATH that knows the lab's keys; returns the file with its process ids."""
    binaries, record = folder / "bin", folder / "processes"
    binaries.mkdir()
    script = binaries / "ssh"
    command = shlex.join([str(shutil.which("ssh")), *options])
    script.write_text('#!/bin/sh\necho $$ >>%s\nexec %s "$@"\n' % (shlex.quote(str(record)), command))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", "%s:%s" % (binaries, os.environ["PATH"]))
    return record


def test_ssh_with_the_client_of_the_system(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    record = wrap_ssh(remote.folder, remote.options, monkeypatch)
    remote.load(app(1), app(2))
    result = remote.run(True, use_ssh_client=True)
    assert result["summary"]["deleted"] == 2 and result["summary"]["failed"] == 0
    assert remote.names() == set()
    # The SDK logs in once per request here; what the first run has learned spares the second two for each image.
    assert remote.run(False, use_ssh_client=True)["summary"]["to_delete"] == 0
    processes = [int(text) for text in record.read_text().split()]
    assert processes
    wait_until("all ssh processes of the run", lambda: not any(identify(pid) for pid in processes), 20)


def test_ssh_with_paramiko(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and known hosts come from the user's ssh configuration."""
    folder = remote.folder / ".ssh"
    folder.mkdir(mode=0o700)
    (folder / "config").write_text("Host %s\n  IdentityFile %s\n" % (remote.host["address"], remote.host["key"]))
    (folder / "known_hosts").write_text(Path(remote.known_hosts).read_text())
    remote.load(app(1))
    with monkeypatch.context() as patch:
        patch.setenv("HOME", str(remote.folder))
        result = remote.run(True)
    assert result["summary"]["deleted"] == 1 and remote.names() == set()


def test_ssh_to_a_host_with_an_unknown_key(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by either client, in one message that names the host."""
    remote.load(app(1))
    wrap_ssh(remote.folder, [word.replace(remote.known_hosts, "/dev/null") for word in remote.options], monkeypatch)
    with pytest.raises(EngineError) as caught:
        remote.run(True, use_ssh_client=True)
    assert remote.docker_host in str(caught.value)
    (remote.folder / ".ssh").mkdir(mode=0o700)
    with monkeypatch.context() as patch:
        patch.setenv("HOME", str(remote.folder))
        with pytest.raises(EngineError) as caught:
            remote.run(True)
    assert remote.docker_host in str(caught.value) and "known_hosts" in str(caught.value)
    assert remote.names() == {"app:1"}


# What the library cannot do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_ssh_client", [False, True])
def test_ssh_without_paramiko(use_ssh_client: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK needs paramiko for both ways, so the advice must not be the option that is already set."""
    monkeypatch.delattr(docker.api.client, "SSHHTTPAdapter", raising=False)
    with pytest.raises(EngineError) as caught:
        sdk.make_client(EngineOptions(docker_host="ssh://127.0.0.1:1", use_ssh_client=use_ssh_client))
    message = str(caught.value)
    assert "ssh://127.0.0.1:1" in message and "python3-paramiko" in message
    assert "use_ssh_client: true" not in message


def test_versions_that_do_not_work_together() -> None:
    """docker before 7.1.0 with requests 2.32 and newer: the error of the library says nothing to a user."""
    options = EngineOptions()
    error = ValueError("Error while fetching server API version: Not supported URL scheme http+docker")
    message = sdk.describe_failure(options, error)
    assert options.docker_host in message
    assert "docker 7.1.0 or newer, or requests older than 2.32" in message


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "IMPORT_ERROR", "Traceback\n...\nModuleNotFoundError: No module named 'docker'\n")
    with pytest.raises(EngineError) as caught:
        sdk.make_client(EngineOptions())
    message = str(caught.value)
    assert "python3-docker" in message and message.endswith("ModuleNotFoundError: No module named 'docker'")
