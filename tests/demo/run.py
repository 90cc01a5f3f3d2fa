# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a lab on loopback, its fleet cared for by playbooks/site.yml, told in a minute of reading."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from lab import load  # noqa: E402

REPORT = ROOT / "build" / "demo" / "fleet.html"
BRAKED = "host-2"


def main() -> int:
    title("1. A lab on loopback: four hosts with systemd, ssh and a Docker of their own, and three registries")
    run([sys.executable, str(ROOT / "tests" / "lab" / "cli.py"), "up", "--name", "demo"])
    demo = Demo(load("demo"))
    demo.play(HERE / "history.yml", quiet=True)
    told("The hosts were given the past of hosts that are watched for 60 days; everything else is real.")

    title("2. playbooks/site.yml: put the scheduled clean-up on every host, run it once. It only reports")
    demo.site()

    title("3. The brake goes on at %s, then playbooks/cleanup.yml deletes what was planned" % BRAKED)
    demo.on(BRAKED, "mkdir -p /etc/imagefleet && printf 'reason: release week\\n' > /etc/imagefleet/hold")
    before = demo.disk()
    demo.play(ROOT / "playbooks" / "cleanup.yml")
    demo.freed(before)

    title("4. The brake goes off; from now on the hosts clean themselves: site.yml with image_cleanup_mode=apply")
    demo.on(BRAKED, "rm /etc/imagefleet/hold")
    before = demo.disk()
    demo.site("-e", "image_cleanup_mode=apply")
    demo.freed(before)

    title("5. What is left on a host")
    told(demo.on(BRAKED, "systemctl list-timers --no-pager 'imagefleet*' | head -2"))
    demo.on(BRAKED, "systemctl start imagefleet-image_cleanup.service")
    told("The audit line of a scheduled run:")
    told(demo.on(BRAKED, "tail -1 /var/log/imagefleet.log"))
    told("\nThe same without Ansible: `imagefleet unused` on %s" % BRAKED)
    told(demo.on(BRAKED, "imagefleet unused | tail -8"))

    title("The report of the fleet: %s" % REPORT)
    told("Look around: %s" % " ".join(demo.ssh(BRAKED)))
    told("Remove every trace: make demo-down")
    return 0


class Demo:
    """The running lab, and how the demo talks to it."""

    def __init__(self, lab: dict[str, Any]) -> None:
        self._lab = lab
        REPORT.parent.mkdir(parents=True, exist_ok=True)

    def play(self, playbook: Path, *options: str, quiet: bool = False) -> None:
        """Run a playbook on the fleet; only what changed, and the summary, is shown."""
        command = [
            "ansible-playbook",
            "-i",
            self._lab["inventory"],
            str(playbook),
            "-e",
            "@%s" % (HERE / "variables.yml"),
        ]
        command += ["-e", "image_fleet_report=%s" % REPORT, "-e", "image_fleet_hosts=image_hosts", *options]
        shown = {
            "ANSIBLE_DISPLAY_OK_HOSTS": "false",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        }
        run(command, dict(os.environ, **shown), quiet)

    def site(self, *options: str) -> None:
        self.play(ROOT / "playbooks" / "site.yml", *options)

    def ssh(self, name: str) -> list[str]:
        (host,) = [host for host in self._lab["hosts"] if host["name"] == name]
        known = "UserKnownHostsFile=%s" % self._lab["known_hosts"]
        target = "%s@%s" % (host["user"], host["address"])
        return ["ssh", "-F", "none", "-i", host["key"], "-p", str(host["port"]), "-o", known, target]

    def on(self, name: str, command: str) -> str:
        """What a command on a host prints; its failure ends the demo."""
        done = subprocess.run([*self.ssh(name), command], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit("%s: %s failed: %s" % (name, command, done.stderr.strip()))
        return done.stdout.rstrip()

    def disk(self) -> dict[str, int]:
        """Bytes in each host's image store, as du counts them."""
        stores = {"overlay2": "/var/lib/docker/overlay2", "containerd": "/var/lib/containerd"}
        return {
            host["name"]: int(self.on(host["name"], "sync; du -sb %s | cut -f1" % stores[host["store"]]))
            for host in self._lab["hosts"]
        }

    def freed(self, before: dict[str, int]) -> None:
        """Next to the planned bytes above: what du says of the disks."""
        after = self.disk()
        words = ["%s %.2f MB" % (name, (size - after[name]) / 1e6) for name, size in before.items()]
        total = sum(before.values()) - sum(after.values())
        told("Freed on disk, counted by du, folders included: %.2f MB (%s)" % (total / 1e6, ", ".join(words)))


def run(command: list[str], environment: dict[str, str] | None = None, quiet: bool = False) -> None:
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode:
        sys.exit("%s failed%s" % (" ".join(command[:4]), ":\n" + done.stdout if quiet else ", see above"))


def title(text: str) -> None:
    print("\n\033[1m%s\033[0m\n" % text if sys.stdout.isatty() else "\n== %s\n" % text, flush=True)


def told(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
