# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a helper program to its end, and waiting for a condition without sleeping blindly."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, Mapping, Sequence

from .errors import LabError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _end_with_parent() -> None:
    """A killed `up` must not leave package downloads or root file system builds running."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run(
    argv: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    input_bytes: bytes | None = None,
    cwd: Path | None = None,
    timeout: float = 600,
    check: bool = True,
) -> subprocess.CompletedProcess[bytes]:
    """Run argv to its end and return the result; LabError with the end of its output if it fails."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            env=dict(os.environ, **(env or {})),
            input=b"" if input_bytes is None else input_bytes,
            cwd=cwd,
            capture_output=True,
            timeout=timeout,
            check=False,
            preexec_fn=_end_with_parent,
        )
    except FileNotFoundError as exc:
        raise LabError("cannot run %s: %s" % (words[0], exc)) from exc
    except subprocess.TimeoutExpired as exc:
        raise LabError("%s did not finish within %d s" % (" ".join(words[:6]), timeout)) from exc
    if check and done.returncode != 0:
        tail = (done.stderr or done.stdout).decode(errors="replace").strip()[-1500:]
        raise LabError("%s failed with exit code %d: %s" % (" ".join(words[:12]), done.returncode, tail))
    return done


def output(argv: Sequence[str | Path], **options: object) -> str:
    """Like run(), returning what the program printed, stripped."""
    return run(argv, **options).stdout.decode(errors="replace").strip()  # type: ignore[arg-type]


def wait_until(
    what: str,
    condition: Callable[[], bool],
    seconds: float = 60,
    alive: Callable[[], bool] | None = None,
    log: Path | None = None,
) -> None:
    """Poll condition every 50 ms; LabError naming `what` after `seconds`, or as soon as alive() is false."""
    deadline = time.monotonic() + seconds
    while not condition():
        dead = alive is not None and not alive()
        if dead or time.monotonic() > deadline:
            why = "its process ended" if dead else "not within %d s" % seconds
            raise LabError("%s: %s%s" % (what, why, _tail(log)))
        time.sleep(0.05)


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()[-8:]
    return "; the end of %s:\n  %s" % (log, "\n  ".join(lines))
