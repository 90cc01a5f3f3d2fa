# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry's service: what of it runs now, its restart, and its collector, all through systemd."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import (
    WORK,
    Names,
    Owner,
    collector_command,
    environment_text,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run, reload_units, restart
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

MAX_OUTPUT = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Running:
    """The main process of the service, as the kernel has it. `config_file` is absolute."""

    owner: Owner
    program: str
    config_file: str
    environment: Mapping[str, str]


class Service:
    """One unit of systemd, and what we make beside it."""

    def __init__(self, unit: str, run: Run) -> None:
        self.names = Names(unit)
        self._run = run

    def look(self) -> Running:
        """Raises RefusedError when no registry runs there, StateError when its process cannot be looked at."""
        unit = self.names.unit
        told = dict(
            line.partition("=")[::2]
            for line in self._call(["systemctl", "show", unit, "--property=ActiveState,MainPID"]).splitlines()
        )
        pid = told.get("MainPID", "0")
        if told.get("ActiveState") != "active" or not pid.isdigit() or pid == "0":
            raise RefusedError(
                "service %s does not run on this host (%s). Name the unit of the registry with service, and run where it runs"
                % (unit, told.get("ActiveState") or "unknown")
            )
        return _running("/proc/" + pid, unit)

    def restart(self) -> None:
        """With the units as they are on disk. Raises StateError."""
        reload_units(self._run)
        restart(self._run, self.names.unit)

    def version(self, running: Running) -> str:
        """What the program says of itself."""
        return self._call([running.program, "--version"])

    def collect(self, running: Running, seconds: int, dry_run: bool) -> str:
        """Run the registry's own collector, never with --delete-untagged (S8); what it printed. Raises RegistryError."""
        names = self.names
        write_atomic(names.environment_file, environment_text(running.environment).encode("utf-8", "surrogateescape"))
        for path in (names.output_file, names.errors_file):
            _remove(path)
        argv = [running.program, "garbage-collect", *(["--dry-run"] if dry_run else []), running.config_file]
        command = collector_command(names, running.owner, argv, seconds, only_closed=not dry_run)
        try:
            code, output, errors = self._attempt(command)
            said = read_capped(names.output_file, MAX_OUTPUT) or b""
            if code != 0:
                told = (
                    (read_capped(names.errors_file, MAX_OUTPUT) or b"").decode("utf-8", "replace") or errors or output
                )
                raise RegistryError(
                    "%s garbage-collect%s failed, or took longer than %d seconds (collect_timeout): %s"
                    % (running.program, " --dry-run" if dry_run else "", seconds, _last(told))
                )
            return said.decode("utf-8", "replace")
        finally:
            for path in (names.environment_file, names.output_file, names.errors_file):
                _remove(path)
            with suppress(OSError):
                os.rmdir(WORK)  # the collection of another registry of this host may have files there

    def order(self, argv: Sequence[str]) -> None:
        """Raises RegistryError when systemd does not take it."""
        self._call(list(argv))

    def stop(self, unit: str) -> None:
        """One of our own units, if it still runs."""
        self._attempt(["systemctl", "stop", unit])

    def _call(self, argv: List[str]) -> str:
        code, output, errors = self._attempt(argv)
        if code != 0:
            raise RegistryError(
                "%s ended with %d: %s. The journal of %s may tell more"
                % (" ".join(argv[:2]), code, _last(errors or output), self.names.unit)
            )
        return output

    def _attempt(self, argv: List[str]) -> Tuple[int, str, str]:
        try:
            return self._run(argv)
        except OSError as error:
            raise StateError("cannot run %s: %s" % (argv[0], error.strerror or error)) from error


def _running(process: str, unit: str) -> Running:
    try:
        status = os.stat(process)
        program = os.readlink(process + "/exe")
        folder = os.readlink(process + "/cwd")
        words = _strings(process + "/cmdline")
        environment: Dict[str, str] = dict(
            word.partition("=")[::2] for word in _strings(process + "/environ") if "=" in word
        )
    except OSError as error:
        raise StateError(
            "cannot look at the process of %s: %s; this needs root, so run with become"
            % (unit, error.strerror or error)
        ) from error
    if program.endswith(" (deleted)"):
        raise RefusedError("%s still runs a program that was replaced on disk; restart it first" % unit)
    config = words[2] if len(words) > 2 and words[1] == "serve" else environment.get("REGISTRY_CONFIGURATION_PATH", "")
    if not config:
        raise RefusedError(
            "%s runs %s, which is not 'PROGRAM serve CONFIGURATION' as the distribution registry is started"
            % (unit, " ".join(words) or program)
        )
    owner = Owner(status.st_uid, status.st_gid, folder)
    return Running(owner, program, os.path.join(folder, config), environment)


def _strings(path: str) -> List[str]:
    with open(path, "rb") as stream:
        return [part.decode("utf-8", "surrogateescape") for part in stream.read().split(b"\0") if part]


def _last(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " | ".join(lines[-3:])[-600:] or "it said nothing"


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError("cannot remove %s: %s" % (path, error.strerror or error)) from error
