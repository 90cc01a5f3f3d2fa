# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock: one holder, named to others, free as soon as the holder is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock

HOLDER = textwrap.dedent(
    """
    import sys
    from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
    with exclusive_lock(sys.argv[1]):
        sys.stdout.write("held\\n")
        sys.stdout.flush()
        sys.stdin.read()
    """
)


@pytest.fixture(name="holder")
def fixture_holder(tmp_path):
    path = str(tmp_path / "lock")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield path, process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_the_message_names_the_holder_and_since_when(holder):
    path, process = holder
    with pytest.raises(LockedError, match=rf"held by process {process.pid} since 2\d\d\d-"), exclusive_lock(path):
        pass


def test_a_killed_holder_frees_the_lock(holder):
    path, process = holder
    process.kill()
    process.wait()
    with exclusive_lock(path), open(path, encoding="ascii") as stream:
        assert stream.read().startswith(f"{os.getpid()} ")


def test_a_note_of_a_killed_run_is_not_blamed_on_the_present_holder(tmp_path):
    """A deploy tool takes the lock with flock(1), which writes no note over the stale one."""
    path = tmp_path / "lock"
    path.write_text("999999 2020-01-01T00:00:00+00:00\n")
    script = (
        "import fcntl, sys\nstream = open(sys.argv[1])\nfcntl.flock(stream, fcntl.LOCK_EX)\n"
        "sys.stdout.write('held\\n')\nsys.stdout.flush()\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught, exclusive_lock(str(path)):
            pass
        process.stdin.close()
    assert f"held by process {process.pid};" in str(caught.value)
    assert "999999" not in str(caught.value)


def test_released_after_an_error_and_without_a_note(tmp_path):
    path = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), exclusive_lock(str(path)):
        raise ZeroDivisionError
    assert path.read_bytes() == b""
    with exclusive_lock(str(path)):
        pass


def test_a_planted_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "lock").symlink_to(target)
    with pytest.raises(StateError, match="cannot open the lock file"), exclusive_lock(str(tmp_path / "lock")):
        pass
    assert target.read_text() == "precious"
