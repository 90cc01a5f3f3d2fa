# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of one command against the counting proxy: seconds, requests, output."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from proxy import CountingProxy


@dataclass(frozen=True)
class Run:
    """`trouble` is empty when the command ended well."""

    seconds: float
    calls: Counter[str]
    output: str
    trouble: str = ""


def run(argv: Sequence[object], proxy: CountingProxy, env: Mapping[str, str], home: Path, limit: float) -> Run:
    """Run a command whose engine is the proxy, with a home of its own; it is ended after `limit` seconds."""
    environment = dict(os.environ, DOCKER_HOST="unix://%s" % proxy.path, DOCKER_CONFIG=str(home), HOME=str(home), **env)
    proxy.take()
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
        return Run(time.monotonic() - start, proxy.take(), "", "ended after %d s" % limit)
    seconds = time.monotonic() - start
    trouble = ""
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        trouble = "exit code %d: %s" % (done.returncode, lines[-1][-200:] if lines else "")
    return Run(seconds, proxy.take(), done.stdout, trouble)
