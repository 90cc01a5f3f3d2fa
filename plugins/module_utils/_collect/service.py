# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry's service: what of it runs now, its restart, and its collector, all through systemd."""

from __future__ import annotations

import os
from typing import Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.process import Running, look_at_process
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.task import attempt, last_lines, run_task
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import Names
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run

VERSION_SECONDS = 60
ENDED = ("inactive", "failed")


class Service:
    """One unit of systemd, and what we make beside it.

    `alone`: whether no other run for this unit can be at work, so that the collector's own unit and files may be used.
    """

    def __init__(self, unit: str, run: Run, alone: bool, proc: str = "/proc") -> None:
        self.names = Names(unit)
        self._run = run
        self._alone = alone
        self._proc = proc

    def look(self) -> Running:
        """Raises RefusedError when no registry runs there, StateError when its process cannot be looked at."""
        unit = self.names.unit
        told = dict(
            line.partition("=")[::2]
            for line in self.order(["systemctl", "show", unit, "--property=ActiveState,MainPID"]).splitlines()
        )
        pid = told.get("MainPID", "0")
        if told.get("ActiveState") != "active" or not pid.isdigit() or pid == "0":
            raise RefusedError(
                "service %s does not run on this host (%s). Name the unit of the registry with service, and run where it runs"
                % (unit, told.get("ActiveState") or "unknown")
            )
        return look_at_process("%s/%s" % (self._proc, pid), unit)

    def restart(self) -> None:
        """With the units as they are on disk, however often it was started lately. Raises RegistryError."""
        self.order(["systemctl", "daemon-reload"])
        attempt(self._run, ["systemctl", "reset-failed", self.names.unit])
        self.order(["systemctl", "restart", self.names.unit])

    def version(self, running: Running) -> str:
        """What the program says of itself. It is the registry's own user's, so it is not run as root. Raises RegistryError."""
        task = self.names.asking(os.getpid())
        try:
            return run_task(self._run, task, running, ["--version"], VERSION_SECONDS)
        except RegistryError as error:
            raise RegistryError("%s --version failed: %s" % (running.program, error)) from error

    def collect(self, running: Running, seconds: int, dry_run: bool) -> str:
        """Run the registry's own collector, never with --delete-untagged (S8); what it printed. Raises RegistryError."""
        names = self.names
        task = names.collector if self._alone else names.asking(os.getpid())
        flags = ["--dry-run"] if dry_run else []
        arguments = ["garbage-collect", *flags, running.config_file]
        try:
            return run_task(self._run, task, running, arguments, seconds, None if dry_run else names.drop_in)
        except RegistryError as error:
            raise RegistryError(
                "%s %s failed, or took longer than %d seconds (collect_timeout): %s"
                % (running.program, " ".join(arguments[:-1]), seconds, error)
            ) from error

    def order(self, argv: Sequence[str]) -> str:
        """What systemd says. Raises RegistryError when it does not take it."""
        code, output, errors = attempt(self._run, argv)
        if code != 0:
            raise RegistryError(
                "%s ended with %d: %s. The journal of %s may tell more"
                % (" ".join(argv[:2]), code, last_lines(errors or output), self.names.unit)
            )
        return output

    def state(self, unit: str) -> str:
        """As systemd names it; a unit that it does not know is inactive. Raises RegistryError."""
        told = self.order(["systemctl", "show", unit, "--property=ActiveState"])
        return told.strip().partition("=")[2]

    def works(self, unit: str) -> bool:
        """Whether one of our own units runs, or begins, or ends: a oneshot unit is never active. Raises RegistryError."""
        return self.state(unit) not in ENDED

    def stop(self, unit: str) -> None:
        """One of our own units, if it runs."""
        attempt(self._run, ["systemctl", "stop", unit])

    def end(self, unit: str) -> None:
        """The same, for what must not go on. Raises RegistryError when it does."""
        self.stop(unit)
        if self.works(unit):
            raise RegistryError("%s was told to stop and does not end" % unit)
