# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running lab, and how the demo talks to it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from lab import load
from lab.paths import instance
from telling import DemoFailed, told

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PLAYBOOKS = ROOT / "playbooks"
REPORT = ROOT / "build" / "demo" / "fleet.html"
REGIONS_REPORT = REPORT.with_name("regions.html")
SECURITY_REPORT = REPORT.with_name("security.html")
LAB = "demo"
#: Which host plays which part.
CONTROL, BRAKED, OLD_API, STOPPED = "host-1", "host-2", "host-3", "host-4"
#: Only what changed, and the summary, is shown of a playbook.
_SHORT = {
    "ANSIBLE_DISPLAY_OK_HOSTS": "false",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
}


class Demo:
    """Use it once the lab is started."""

    def __init__(self) -> None:
        #: The digest of the plan that was shown last.
        self.plan = ""
        REPORT.parent.mkdir(parents=True, exist_ok=True)

    @cached_property
    def lab(self) -> dict[str, Any]:
        return load(LAB)

    # Playbooks -------------------------------------------------------------------------------------------------------

    def play(self, playbook: Path, *options: str, quiet: bool = False) -> None:
        """Run a playbook on the fleet, for all to see."""
        run(self._command([playbook], options), dict(os.environ, **_SHORT), quiet)

    def listen(self, *playbooks: Path, options: tuple[str, ...] = (), fails: bool = False) -> str:
        """What playbooks print, which is not shown; they must succeed, or fail if `fails`."""
        command = self._command(playbooks, options)
        done = subprocess.run(command, env=dict(os.environ, **_SHORT), capture_output=True, text=True, check=False)
        if bool(done.returncode) != fails:
            wrong = "should have failed" if fails else "failed"
            raise DemoFailed("%s %s:\n%s" % (" ".join(command[:4]), wrong, done.stdout + done.stderr))
        return done.stdout

    def _command(self, playbooks: Any, options: tuple[str, ...]) -> list[str]:
        command = ["ansible-playbook", "-i", self.lab["inventory"], *map(str, playbooks)]
        for variables in ("variables.yml", "retention.yml", "regions.yml", "mirrors.yml"):
            command += ["-e", "@%s" % (HERE / variables)]
        return [*command, "-e", "image_fleet_report=%s" % REPORT, *options]

    # Hosts -----------------------------------------------------------------------------------------------------------

    def ssh(self, name: str) -> list[str]:
        (host,) = [host for host in self.lab["hosts"] if host["name"] == name]
        known = "UserKnownHostsFile=%s" % self.lab["known_hosts"]
        target = "%s@%s" % (host["user"], host["address"])
        return ["ssh", "-F", "none", "-i", host["key"], "-p", str(host["port"]), "-o", known, target]

    def on(self, name: str, command: str) -> str:
        """What a command on a host prints; its failure ends the demo."""
        done = self.try_on(name, command)
        if done.returncode:
            raise DemoFailed("%s: %s failed: %s" % (name, command, done.stderr.strip()))
        return done.stdout.rstrip()

    def try_on(self, name: str, command: str) -> subprocess.CompletedProcess[str]:
        """The same for a command that may fail."""
        return subprocess.run([*self.ssh(name), command], capture_output=True, text=True, check=False)

    def bring(self, name: str, path: Path, to: str, mode: str = "0755") -> None:
        """Put a file of this machine onto a host."""
        command = "mkdir -p $(dirname %s) && cat > %s && chmod %s %s" % (to, to, mode, to)
        with open(path, "rb") as content:
            done = subprocess.run([*self.ssh(name), command], stdin=content, check=False)
        if done.returncode:
            raise DemoFailed("%s could not be brought to %s" % (path, name))

    # The first registry ----------------------------------------------------------------------------------------------

    @property
    def registry(self) -> str:
        """Its name on the hosts."""
        return str(self.lab["registries"][0]["name_in_fleet"])

    @property
    def registry_address(self) -> str:
        """Where it listens."""
        return str(self.lab["registries"][0]["address"])

    @property
    def registry_log(self) -> Path:
        return Path(self.lab["registries"][0]["log"])


def run(command: list[str], environment: dict[str, str] | None = None, quiet: bool = False) -> None:
    """Run a command that prints for itself; its failure ends the demo."""
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode:
        told(done.stdout or "")
        raise DemoFailed("%s failed, see above" % " ".join(command[:4]))


def start_lab() -> None:
    """Anew: one that is up has been through all this before."""
    lab = [sys.executable, str(ROOT / "tests" / "lab" / "cli.py")]
    if instance(LAB).root.exists():
        run([*lab, "down", "--name", LAB])
    run([*lab, "up", "--name", LAB])
