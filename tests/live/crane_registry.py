# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second real registry beside docker-registry: `crane registry serve`, which keeps everything in memory."""

from __future__ import annotations

import re
from pathlib import Path

from lab import TESTED
from lab.commands import wait_until
from lab.paths import cache, instance
from lab.process import Identity, end, gone, spawn
from lab.tools import with_own_library

ADDRESS = "127.0.0.1"


class CraneRegistry:
    """Use as a context manager, in a folder for its log; `address` is known when it runs.

    It deletes tags, cuts lists off after `n` entries without a Link, takes blobs in one request, knows no Accept, no
    referrers API and no garbage collection. Its log has no status codes: put a MeddlingProxy before it to count.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "crane.log"
        self.address = ""
        self._process: Identity | None = None

    def __enter__(self) -> "CraneRegistry":
        argv = with_own_library(cache(), "forky", "crane")
        listen = ["registry", "serve", "--address", ADDRESS + ":0"]
        started = spawn([*argv, *listen], {"HOME": "/nonexistent"}, self.log, instance(TESTED).root)
        self._process = started
        wait_until("crane's registry", lambda: self._port() is not None, 30, lambda: not gone(started), self.log)
        self.address = "%s:%s" % (ADDRESS, self._port())
        return self

    def __exit__(self, *_what: object) -> None:
        if self._process is not None:
            end(self._process, "crane's registry does not stop")

    def _port(self) -> str | None:
        told = re.search(r"serving on port (\d+)", self.log.read_text())
        return told.group(1) if told else None
