# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders to systemd, and what is made of its answers."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.task import last_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, RegistryError, StateError
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import UNIT, VERSION, Host
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.trees import read

SECRET = {"REGISTRY_STORAGE_S3_SECRETKEY": "hunter2", "REGISTRY_HTTP_SECRET": "hunter3"}


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    host = Host(tmp_path, monkeypatch)
    host.process(environment=SECRET)
    return host


def fails(*answer):
    return lambda _argv: answer


def runs_out_of(error):
    def fail(_argv):
        raise error

    return fail


def test_what_runs(host):
    assert host.service().look().config_file == host.config
    assert host.calls == [["systemctl", "show", UNIT, "--property=ActiveState,MainPID"]]


@pytest.mark.parametrize("state", ["inactive", "failed", "activating", "deactivating", ""])
def test_a_service_that_does_not_run(host, state):
    host.states[UNIT] = state
    with pytest.raises(
        RefusedError, match=r"^service %s does not run on this host \(%s\)" % (UNIT, state or "unknown")
    ):
        host.service().look()


@pytest.mark.parametrize(
    "output", ["ActiveState=active\nMainPID=0\n", "ActiveState=active\n", "", "MainPID=../../1\nActiveState=active\n"]
)
def test_a_service_without_a_process(host, output):
    host.wrong["show registry"] = fails(0, output, "")
    with pytest.raises(RefusedError, match="does not run on this host"):
        host.service().look()


def test_no_systemd(host):
    host.wrong["show registry"] = fails(1, "", "System has not been booted with systemd as init system (PID 1).\n")
    with pytest.raises(RegistryError, match="^systemctl show ended with 1: System has not been booted with systemd"):
        host.service().look()
    host.wrong["show registry"] = runs_out_of(FileNotFoundError(2, "No such file or directory"))
    with pytest.raises(StateError, match="^cannot run systemctl: No such file or directory"):
        host.service().look()


def test_a_restart_is_with_units_as_they_are_and_however_often(host):
    host.service().restart()
    assert host.log == ["daemon-reload", "reset-failed registry", "restart registry"]


@pytest.mark.parametrize(
    "what, log",
    [
        ("daemon-reload", ["daemon-reload"]),
        ("restart registry", ["daemon-reload", "reset-failed registry", "restart registry"]),
    ],
)
def test_a_restart_that_fails_is_told(host, what, log):
    host.wrong[what] = fails(1, "", "Job for docker-registry.service failed.\nSee systemctl status.\n")
    with pytest.raises(RegistryError, match="ended with 1: Job for docker-registry.service failed. | See systemctl"):
        host.service().restart()
    assert host.log == log


def test_a_counter_that_cannot_be_reset_is_no_failure(host):
    host.wrong["reset-failed registry"] = fails(1, "", "not loaded")
    host.service().restart()
    assert host.log[-1] == "restart registry"


# The registry's program ----------------------------------------------------------------------------------------------


def test_the_version_is_asked_for_as_the_registrys_user(host):
    service = host.service()
    assert service.version(service.look()) == VERSION
    command = host.calls[-1]
    assert command[0] == "systemd-run" and "--uid=110" in command and "--gid=115" in command
    assert command[command.index("--") + 1 :] == ["/usr/bin/docker-registry", "--version"]
    assert host.left == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_collector_is_never_told_to_delete_untagged(host, dry_run):
    host.closed = True
    os.makedirs(host.names.drop_in_folder)
    with open(host.names.drop_in, "w", encoding="ascii"):
        pass
    service = host.service()
    service.collect(service.look(), 60, dry_run)
    command = host.calls[-1]
    flags = ["--dry-run"] if dry_run else []
    assert command[command.index("--") + 1 :] == ["/usr/bin/docker-registry", "garbage-collect", *flags, host.config]
    assert "--property=TimeoutStartSec=60" in command
    assert ("--property=AssertPathExists=" + host.names.drop_in in command) == (not dry_run)


def test_it_does_not_begin_when_the_registry_takes_pushes(host):
    host.tree.blob("app", b"garbage")
    service = host.service()
    with pytest.raises(RegistryError, match="garbage-collect failed, or took longer .*: Assertion failed on job"):
        service.collect(service.look(), 60, dry_run=False)
    assert host.tree.stored(), "nothing was deleted"


def test_settings_and_output_are_for_root_alone_and_go(host):
    seen = {}

    def look_around(argv):
        for path in host.left:
            seen[os.path.basename(path)] = (stat.S_IMODE(os.stat(path).st_mode), read(path).decode())
        seen["folder"] = stat.S_IMODE(os.stat(os.path.dirname(host.names.collector.output_file)).st_mode)
        assert "hunter" not in " ".join(argv)

    host.wrong["dry run"] = look_around
    service = host.service()
    service.collect(service.look(), 60, dry_run=True)
    assert seen == {
        "docker-registry.env": (0o600, "REGISTRY_STORAGE_S3_SECRETKEY='hunter2'\nREGISTRY_LOG_LEVEL=\"error\"\n"),
        "docker-registry.out": (0o600, ""),
        "docker-registry.err": (0o600, ""),
        "folder": 0o700,
    }
    assert host.left == [] and not os.path.exists(os.path.dirname(host.names.collector.output_file))


@pytest.mark.parametrize("answer", [fails(1, "", "Job failed"), runs_out_of(BlockingIOError(11, "no more processes"))])
def test_settings_go_when_it_fails_too(host, answer):
    host.wrong["dry run"] = answer
    service = host.service()
    with pytest.raises((RegistryError, StateError)) as caught:
        service.collect(service.look(), 60, dry_run=True)
    assert host.left == [] and "hunter" not in str(caught.value)


def test_what_an_earlier_run_left_is_no_output(host):
    folder = os.path.dirname(host.names.collector.output_file)
    os.makedirs(folder)
    with open(host.names.collector.output_file, "w", encoding="ascii") as stream:
        stream.write("9 blobs marked\n" * 1000)
    service = host.service()
    assert "9 blobs" not in service.collect(service.look(), 60, dry_run=True)


def test_files_of_another_run_stay(host):
    other = host.names.asking(1).output_file
    os.makedirs(os.path.dirname(other))
    with open(other, "w", encoding="ascii"):
        pass
    service = host.service(alone=False)
    service.collect(service.look(), 60, dry_run=True)
    assert host.left == [other]
    assert not any(host.names.collector.unit in word for call in host.calls for word in call), "it has units of its own"


def test_what_the_program_says_of_its_failure_is_told(host):
    def fail(argv):
        host.prints(
            argv, "time=1 level=error\nfailed to garbage collect: failed to mark: permission denied\n", "StandardError"
        )
        return 1, "", "Job for x failed"

    host.wrong["dry run"] = fail
    service = host.service()
    with pytest.raises(RegistryError) as caught:
        service.collect(service.look(), 3600, dry_run=True)
    assert str(caught.value) == (
        "/usr/bin/docker-registry garbage-collect --dry-run failed, or took longer than 3600 seconds (collect_timeout): "
        "time=1 level=error | failed to garbage collect: failed to mark: permission denied"
    )


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "it said nothing"),
        ("\n \n", "it said nothing"),
        ("a\nb\nc\nd\n", "b | c | d"),
        ("x" * 1000, "x" * 600),
        # Of 2.8.2, whose last words are of no use.
        (
            "configuration error: open /etc/config.yml: permission denied\nUsage:\n  registry garbage-collect <config> [flags]\n"
            "\nFlags:\n  -m, --delete-untagged   delete manifests\n  -h, --help   help\n",
            "configuration error: open /etc/config.yml: permission denied",
        ),
    ],
)
def test_the_end_of_what_was_said(text, words):
    assert last_lines(text) == words


# Our own units -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state, works",
    [
        # A oneshot unit is never active: while its program runs, it is activating.
        ("activating", True),
        ("active", True),
        ("deactivating", True),
        ("reloading", True),
        ("", True),
        ("inactive", False),
        ("failed", False),
    ],
)
def test_what_works(host, state, works):
    host.states[host.names.collector.unit] = state
    assert host.service().works(host.names.collector.unit) is works


def test_what_must_not_go_on_is_looked_at_after_it_was_stopped(host):
    unit = host.names.collector.unit
    host.states[unit] = "activating"
    host.service().end(unit)
    assert host.log == ["stop collector", "show collector"]
    host.wrong["stop collector"] = fails(1, "", "Failed to stop: connection reset")
    host.states[unit] = "activating"
    with pytest.raises(RegistryError, match="^%s was told to stop and does not end" % unit):
        host.service().end(unit)


def test_a_unit_that_was_never_there_has_ended(host):
    host.wrong["stop collector"] = fails(5, "", "Unit imagefleet-collect-docker-registry.service not loaded.")
    host.service().end(host.names.collector.unit)
    host.service().stop(host.names.guard)
    assert host.log == ["stop collector", "show collector", "stop guard"]
