# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process the engine is, and what it sees."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import (
    DaemonProcess,
    find_process,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.validate import validate
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import MIRRORS
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.daemon import (
    can_reload,
    can_restart,
    refuse_flags,
    refuse_other_place,
)


def never(argv):
    raise AssertionError("nothing is run: %r" % (argv,))


def process(tmp_path, pid=42, comm="dockerd", argv=("dockerd", "--debug")):
    folder = tmp_path / "proc" / str(pid)
    (folder / "root").mkdir(parents=True)
    (folder / "comm").write_text(comm + "\n")
    (folder / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in argv))
    return str(tmp_path / "proc")


def test_a_pidfile_leads_to_it(tmp_path):
    proc = process(tmp_path)
    (tmp_path / "pid").write_text("42")
    found = find_process(None, None, str(tmp_path / "pid"), never, proc)
    assert found == DaemonProcess(42, ("dockerd", "--debug"), None, proc)
    assert found.is_alive()


@pytest.mark.parametrize(("text", "comm"), [("42", "sshd"), ("43", "dockerd"), ("", "dockerd"), ("x", "dockerd")])
def test_a_pidfile_that_leads_elsewhere(tmp_path, text, comm):
    """As that of an engine in a container does, whose numbers mean other processes here."""
    proc = process(tmp_path, comm=comm)
    (tmp_path / "pid").write_text(text)
    with pytest.raises(StateError) as error:
        find_process(None, None, str(tmp_path / "pid"), never, proc)
    assert str(error.value).startswith("pidfile: ")


def test_nobody_is_found(tmp_path):
    assert find_process(str(tmp_path / "no.sock"), None, None, never, str(tmp_path)) is None
    for check in (can_reload, can_restart):
        with pytest.raises((StateError, RefusedError)):
            check(None)
        with pytest.raises((StateError, RefusedError)):
            check(DaemonProcess(None, ("dockerd",), "docker.service"))


def test_a_process_with_a_file_system_of_its_own(tmp_path):
    proc = process(tmp_path)
    found = DaemonProcess(42, (), None, proc)
    path = tmp_path / "daemon.json"
    assert found.has_same(str(path)), "neither has one"
    path.write_text("{}")
    assert not found.has_same(str(path))
    with pytest.raises(RefusedError) as error:
        refuse_other_place(found, str(path), "daemon_config_path")
    assert "daemon_config_path" in str(error.value)
    seen = tmp_path / "proc/42/root" / str(path).lstrip("/")
    seen.parent.mkdir(parents=True)
    os.link(str(path), str(seen))
    assert found.has_same(str(path))
    refuse_other_place(found, str(path), "daemon_config_path")


def test_flags_are_refused_for_keys_that_are_written():
    found = DaemonProcess(42, ("dockerd", "--registry-mirror=https://a"), "docker.service")
    with pytest.raises(RefusedError) as error:
        refuse_flags(found, [MIRRORS], "/etc/docker/daemon.json")
    assert "--registry-mirror=https://a" in str(error.value) and "docker.service" in str(error.value)
    refuse_flags(found, [], "/etc/docker/daemon.json")
    refuse_flags(None, [MIRRORS], "/etc/docker/daemon.json")


class TestValidation:
    """The engine's own program looks at what would be written."""

    def process(self, tmp_path):
        proc = process(tmp_path)
        program = tmp_path / "dockerd"
        program.write_text("")
        (tmp_path / "proc/42/exe").symlink_to(program)
        seen = tmp_path / "proc/42/root" / str(program).lstrip("/")
        seen.parent.mkdir(parents=True)
        os.link(str(program), str(seen))
        return DaemonProcess(42, ("dockerd", "--debug"), None, proc), str(program)

    def test_it_is_given_a_copy_that_goes_again(self, tmp_path):
        found, program = self.process(tmp_path)
        asked = []

        def run(argv):
            copy = argv[-1].partition("=")[2]
            with open(copy, "rb") as stream:
                assert stream.read() == b"{}"
            asked.append((argv[:-1], copy))
            return 0, "configuration OK", ""

        assert validate(found, run, "/etc/docker/daemon.json", b"{}") is None
        ((argv, copy),) = asked
        assert argv == [program, "--debug", "--validate"] and not os.path.exists(copy)

    def test_it_finds_its_helpers_where_the_running_one_does_and_learns_no_secrets(self, tmp_path):
        found, program = self.process(tmp_path)
        (tmp_path / "proc/42/environ").write_bytes(b"HTTP_PROXY=http://user:geheim@p\0PATH=/opt/bin:/bin\0")
        asked = []

        def run(argv):
            asked.extend(argv)
            return 0, "", ""

        validate(found, run, "/etc/docker/daemon.json", b"{}")
        assert asked[:3] == ["env", "PATH=/opt/bin:/bin", program] and "geheim" not in " ".join(asked)

    def test_what_it_does_not_take_is_refused_with_its_words(self, tmp_path):
        found, _program = self.process(tmp_path)

        def run(argv):
            return 1, "", "unable to configure the Docker daemon with file %s: no such key" % argv[-1].partition("=")[2]

        with pytest.raises(RefusedError) as error:
            validate(found, run, "/etc/docker/daemon.json", b"{}")
        assert "with file /etc/docker/daemon.json: no such key" in str(error.value)

    def test_a_program_that_cannot_be_run_is_told_and_no_obstacle(self, tmp_path):
        found, _program = self.process(tmp_path)
        assert "libc" in str(validate(found, lambda argv: (127, "", "no libc"), "/x.json", b"{}"))

        def fails(argv):
            raise OSError(2, "no such file")

        assert "no such file" in str(validate(found, fails, "/x.json", b"{}"))
        assert "cannot be run from here" in str(validate(None, never, "/x.json", b"{}"))
