# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine is told: look before anything is written, reload or restart, and proof that it took what was written."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import DaemonProcess
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.events import count_reloads
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.times import parse_moment
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    EngineUnreachable,
    FleetError,
    RefusedError,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._install import systemd
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.flags import also_given
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.live import Live, live_lists

RELOAD_SECONDS, RESTART_SECONDS = 30.0, 120.0
PAUSE = 0.1
Missing = Callable[[Live], Optional[str]]


def refuse_flags(process: Optional[DaemonProcess], keys: Sequence[str], path: str) -> None:
    """Raises RefusedError when a key of daemon.json is given on the command line as well."""
    given = also_given(keys, process.argv) if process is not None and keys else None
    if given is not None:
        raise RefusedError(
            "dockerd is started with %s, and does not start when %s says that too. Nothing was changed. Take the flag out of %s first"
            % (given, path, process.unit if process is not None and process.unit else "its command line")
        )


def refuse_other_place(process: Optional[DaemonProcess], path: str, option: str) -> None:
    """Raises RefusedError when the engine looks at another file or folder of that name."""
    if process is not None and not process.has_same(path):
        raise RefusedError(
            "the engine has a file system of its own, in which %s is another one. Name with %s where it lies here, or write only "
            "(apply: none)" % (path, option)
        )


class Daemon:
    """One running engine."""

    def __init__(
        self, api: EngineApi, process: Optional[DaemonProcess], run: Run, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = api
        self._process = process
        self._run = run
        self._sleep = sleep

    def reload(self, missing: Missing) -> None:
        """SIGHUP, as `systemctl reload docker` sends it; returns when the engine says that it reloaded and has what it should.

        Raises EngineError when it did not take it.
        """
        process = self._process
        if process is None or process.pid is None or not process.is_alive():
            raise EngineError("the engine's process is gone, so it cannot be told to reload")
        since = _clock(self._api.info())
        try:
            os.kill(process.pid, signal.SIGHUP)
        except OSError as error:
            raise EngineError(
                "cannot tell dockerd (process %d) to reload: %s; run as root" % (process.pid, error.strerror or error)
            ) from error
        self._await(lambda info: self._reloaded(info, since) or missing(live_lists(info)), RELOAD_SECONDS, "the reload")

    def restart(self, missing: Missing) -> None:
        """Raises StateError when systemd does not, EngineError when the engine does not come back with what it should."""
        if self._process is None or self._process.unit is None:
            raise EngineError("no service runs this engine, so it cannot be restarted")
        systemd.restart(self._run, self._process.unit)
        self._await(lambda info: missing(live_lists(info)), RESTART_SECONDS, "the restart")

    def _reloaded(self, info: Mapping[str, Any], since: float) -> Optional[str]:
        reloads = count_reloads(self._api, "%.9f" % since, "%.9f" % _clock(info))
        return None if reloads else "it did not say that it reloaded"

    def _await(self, problem: Callable[[Dict[str, Any]], Optional[str]], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                found = problem(self._api.info())
            except EngineUnreachable as error:
                found = str(error)
            if found is None:
                return
            if time.monotonic() > end:
                raise EngineError(
                    "%d seconds after %s the engine has not taken it: %s. Its log tells why" % (seconds, what, found)
                )
            self._sleep(PAUSE)


def can_reload(process: Optional[DaemonProcess]) -> None:
    """Raises StateError when there is nobody to tell."""
    if process is None or process.pid is None:
        raise StateError(
            "the engine's process was not found, so it cannot be told to reload. Name its service or pidfile, or write only "
            "(apply: none)"
        )


def can_restart(process: Optional[DaemonProcess]) -> None:
    """Raises RefusedError when no service runs the engine."""
    if process is None or process.unit is None or process.pid is None:
        raise RefusedError(
            "apply: restart: the engine that answers is not the one that systemd runs. Name its service, or use apply: reload"
        )


def _clock(info: Mapping[str, Any]) -> float:
    moment = parse_moment(info.get("SystemTime"))
    if moment is None:
        raise EngineError("The engine does not tell its time (SystemTime %r)" % info.get("SystemTime"))
    return moment


def attempt(work: Callable[[], None]) -> Optional[str]:
    """What went wrong, None when nothing did."""
    try:
        work()
    except FleetError as error:
        return str(error)
    return None
