# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry's process, from files as the kernel shows them."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.process import look_at_process
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, StateError
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import PID, UNIT, Host


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def look(host):
    return look_at_process(str(host.folder / "proc" / PID), UNIT)


def test_a_registry(host):
    host.process(environment={"REGISTRY_HTTP_SECRET": "hunter2", "PATH": "/bin", "EMPTY": "", "EQUALS": "a=b"})
    running = look(host)
    assert (running.program, running.config_file) == ("/usr/bin/docker-registry", host.config)
    assert running.environment == {"REGISTRY_HTTP_SECRET": "hunter2", "PATH": "/bin", "EMPTY": "", "EQUALS": "a=b"}
    assert running.owner.folder == str(host.folder)
    assert "hunter2" not in repr(running)


def test_it_is_whose_identity_it_acts_by(host):
    """The folder of a process with capabilities of its own, as to serve port 443, is root's."""
    owner = look(host).owner
    assert (owner.uid, owner.gid) == (110, 115)
    assert os.stat(host.folder / "proc" / PID).st_uid == os.getuid()


def test_values_of_any_bytes(host):
    host.process(environment={"REGISTRY_STORAGE": "a\udcffb", "LINES": "a\nb"})
    assert look(host).environment == {"REGISTRY_STORAGE": "a\udcffb", "LINES": "a\nb"}


def test_a_configuration_beside_its_folder(host):
    host.process(words=["registry", "serve", "config/registry.yml"])
    assert look(host).config_file == str(host.folder / "config/registry.yml")


@pytest.mark.parametrize("words", [["registry", "serve"], ["registry"]])
def test_a_configuration_by_its_environment(host, words):
    host.process(words=words, environment={"REGISTRY_CONFIGURATION_PATH": "/etc/registry.yml"})
    assert look(host).config_file == "/etc/registry.yml"


@pytest.mark.parametrize(
    "words",
    [
        ["/usr/sbin/mysqld", "--password=hunter2"],
        ["registry", "garbage-collect", "/etc/hunter2.yml"],
        ["registry", "serve"],
        ["registry"],
    ],
)
def test_other_services_are_refused_and_their_arguments_not_told(host, words):
    host.process(words=words, exe="/usr/sbin/other")
    with pytest.raises(RefusedError, match="^%s runs /usr/sbin/other, and not as 'PROGRAM serve" % UNIT) as caught:
        look(host)
    assert "hunter2" not in str(caught.value)


def test_a_program_that_was_replaced_is_refused(host):
    host.process(exe="/usr/bin/docker-registry (deleted)")
    with pytest.raises(RefusedError, match="a program that was replaced on disk; restart it first"):
        look(host)


@pytest.mark.parametrize("missing", ["exe", "cwd", "cmdline", "environ", "status"])
def test_a_process_that_cannot_be_looked_at(host, missing):
    os.unlink(host.folder / "proc" / PID / missing)
    with pytest.raises(StateError, match="^cannot look at the process of %s: .*; this needs root" % UNIT):
        look(host)


def test_a_status_of_another_kind(host):
    host.process(status="Uid:\t1\t1\t1\t1\n")
    with pytest.raises(StateError, match="it has no Gid"):
        look(host)
