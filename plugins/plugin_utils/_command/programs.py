# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that jobs run: never by a shell."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

Told = Tuple[int, str, str]
HELPER_TIMEOUT = 60
# What timeout(1) answers when the time is over, which is understood wherever programs are run.
TIMED_OUT = 124


def run_program(argv: Sequence[str], text: str) -> Told:
    """Ask a credential helper. Raises OSError when there is none of that name, or when it does not answer."""
    try:
        done = subprocess.run(
            list(argv), input=text, capture_output=True, universal_newlines=True, timeout=HELPER_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError("it did not answer within %d seconds" % HELPER_TIMEOUT) from error
    return done.returncode, done.stdout, done.stderr


def run_command(argv: List[str]) -> Told:
    """Without a limit of ours: systemd ends what runs too long. Raises OSError when there is no such program."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, universal_newlines=True, check=False)
    return done.returncode, done.stdout, done.stderr


def tool_runner(limit: int) -> Run:
    """Runs a program with additions to its environment, for `limit` seconds at most: then it is ended with all that it started.

    What it prints is data: broken bytes are no reason to fail. Raises OSError when there is no such program.
    """

    def run(argv: Sequence[str], environment: Mapping[str, str], text: Optional[str]) -> Told:
        with subprocess.Popen(
            list(argv),
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            given = None if text is None else text.encode("utf-8")
            try:
                output, errors = process.communicate(given, limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return TIMED_OUT, "", "it did not end within %d seconds" % limit
            except BaseException:
                # This run is being ended: what it started ends with it.
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")

    return run
