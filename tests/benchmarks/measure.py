# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of one command against an engine or a registry: seconds and output."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """`trouble` is empty when the command ended well."""

    seconds: float
    output: str
    trouble: str = ""


def run(argv: Sequence[object], socket: Path | None, env: Mapping[str, str], home: Path, limit: float) -> Run:
    """Run a command whose engine, if it has one, answers on `socket`, with a home of its own, for `limit` seconds at most."""
    engine = {"DOCKER_HOST": "unix://%s" % socket} if socket is not None else {}
    environment = dict(os.environ, DOCKER_CONFIG=str(home), HOME=str(home), **engine, **env)
    start = time.monotonic()
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Run(time.monotonic() - start, "", "ended after %d s" % limit)
    seconds = time.monotonic() - start
    if done.returncode == 0:
        return Run(seconds, done.stdout)
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return Run(seconds, done.stdout, "exit code %d: %s" % (done.returncode, lines[-1][-200:] if lines else ""))
