# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops a registry's collector in the middle of a collection: its unit is told to wait before it begins to sweep."""

from __future__ import annotations

import subprocess
from typing import Any

from lab.commands import wait_until
from registry_host import DROP_IN, JOB, Ended, RegistryHost, ended

UNIT = "imagefleet-collect-docker-registry.service"
_DROP_IN = "/run/systemd/system/%s.d/hold.conf" % UNIT
_RUNS = JOB + ".runs"
#: One dry run for the plan, one when the registry is closed; the third run of the collector sweeps.
_WAIT = """[Service]
ExecStartPre=+/bin/sh -c 'echo >> %(runs)s; while [ $(wc -l < %(runs)s) -gt 2 ]; do sleep 0.1; done'
"""


class HeldCollector:
    """Use as a context manager: a collection that is held before its sweep, with the registry closed."""

    def __init__(self, host: RegistryHost, **options: Any) -> None:
        self._host = host
        self._options = options
        self.command: subprocess.Popen[str]

    def __enter__(self) -> "HeldCollector":
        self._host.put(_DROP_IN, (_WAIT % {"runs": _RUNS}).encode())
        self._host.on("systemctl daemon-reload")
        self._host.configure_job("apply", **self._options)
        self.command = subprocess.Popen(
            [*self._host.ssh(), self._host.command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until("the sweep", self.sweeping, 60)
        return self

    def __exit__(self, *_what: object) -> None:
        self.kill()
        self._host.on("rm -rf %s.d %s; systemctl daemon-reload" % (_DROP_IN.partition(".d/")[0], _RUNS))

    def sweeping(self) -> bool:
        """Both dry runs are over, and the collector is about to run again."""
        assert self.command.poll() is None, self.command.communicate()
        return self._host.on("test -e %s && wc -l < %s || true" % (DROP_IN, _RUNS)).strip() == "3"

    def go_on(self) -> None:
        self._host.on("truncate --size 0 %s" % _RUNS)

    def kill(self) -> None:
        """The command itself, without any chance to tidy up."""
        self._host.on("pkill -KILL -f 'collect --config %s'" % JOB, check=False)
        if self.command.poll() is None:
            self.command.communicate()

    def end(self) -> Ended:
        """How the command ended by itself."""
        output, errors = self.command.communicate(timeout=120)
        return ended(self.command.returncode, output, errors)
