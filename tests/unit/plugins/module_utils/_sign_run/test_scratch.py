# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a run are for nobody else, and they go with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch

_KILLED = """
import os
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
with Scratch() as scratch:
    scratch.write("config.json", b"secret")
    print(os.listdir(os.environ["TMPDIR"]), flush=True)
    os.kill(os.getpid(), {number})
    print("went on")
"""


def test_nobody_else_may_look_and_nothing_is_left() -> None:
    with Scratch() as scratch:
        path = Path(scratch.write("config.json", b"secret"))
        folder = Path(scratch.folder("docker"))
        assert path.stat().st_mode & 0o777 == 0o600
        assert {one.stat().st_mode & 0o777 for one in (path.parent, folder)} == {0o700}
    assert not path.parent.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_run_that_was_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(number=int(number))],
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + number and "imagefleet-" in done.stdout and "went on" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_signals_mean_afterwards_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Scratch():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
