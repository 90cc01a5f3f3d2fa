# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole-file writes: old or new content, never a mix, and clear errors."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import (
    read_capped,
    remove_leftovers,
    write_atomic,
)


def test_writes_with_the_mode_asked_for_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomic(str(path), b"one", mode=0o644)
    write_atomic(str(path), b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "new") == ["file"]


def test_a_failed_write_keeps_the_old_content_and_says_why(tmp_path):
    """A file-size limit makes write(2) fail half way, as a full disk does."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    script = textwrap.dedent(
        """
        import resource, sys
        from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
        from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_atomic(sys.argv[1], b"x" * 100000)
        except StateError as error:
            print(error)
        """
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert f"cannot write {path}: File too large" in done.stdout
    assert "previous content" in done.stdout
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made_is_a_state_error(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(StateError, match="cannot write .*plain/file"):
        write_atomic(str(tmp_path / "plain" / "file"), b"x")


def test_leftovers_of_killed_writers_are_removed_and_only_those(tmp_path):
    for name in (".state.json.abc.tmp", ".other.json.abc.tmp", "state.json"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(str(tmp_path / "state.json"))
    assert sorted(os.listdir(tmp_path)) == [".other.json.abc.tmp", "state.json"]


def test_reads_are_capped(tmp_path):
    path = tmp_path / "file"
    assert read_capped(str(path), 3) is None
    path.write_bytes(b"abc")
    assert read_capped(str(path), 3) == b"abc"
    with pytest.raises(StateError, match="larger than 2 bytes"):
        read_capped(str(path), 2)
    with pytest.raises(StateError, match="Is a directory"):
        read_capped(str(tmp_path), 2)
