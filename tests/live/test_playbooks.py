# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new user runs, over ssh on the hosts of the fleet: the first example of the README as printed, and the roll-out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab import load

LAB = load("test")
HOSTS = sorted(host["name"] for host in LAB["hosts"])
README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
BATCH = "PLAY [Install the scheduled clean-up in growing batches]"
# Nobody listens at port 1.
GONE = {"gone": {"ansible_host": "127.0.0.1", "ansible_port": 1}}
TRACES = "find /etc /usr/local /var/lib /var/log /run -path /var/lib/docker -prune -o -name '*imagefleet*' -print"


class Playbooks:
    """Runs playbooks on the fleet, with more hosts and variables in an inventory of the test."""

    def __init__(self, folder: Path, **groups: Any) -> None:
        self._inventory = folder / "inventory.yml"
        self._inventory.write_text("---\n" + json.dumps({"all": {"children": groups}}))
        self._folder = folder

    def run(self, *words: str, command: str = "ansible-playbook") -> subprocess.CompletedProcess[str]:
        inventories = ["--inventory", LAB["inventory"], "--inventory", str(self._inventory)]
        return subprocess.run(
            [str(Path(sys.executable).with_name(command)), *inventories, *words],
            env={**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_SSH_TIMEOUT": "20"},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def on_hosts(self, shell: str) -> dict[str, str]:
        """Host -> what a shell command prints there."""
        found = self.run(
            "image_hosts", "--one-line", "--module-name", "ansible.builtin.shell", "--args", shell, command="ansible"
        )
        assert found.returncode == 0, found.stdout + found.stderr
        return dict(re.findall(r"^(\S+) \| .* \(stdout\) ?(.*)$", found.stdout, re.MULTILINE))


def test_the_first_example_of_the_readme(tmp_path: Path) -> None:
    """It changes nothing, and names the host that does not answer."""
    example = re.search(r"```yaml\n(# unused\.yml\n.*?)```", README, re.DOTALL)
    assert example
    (tmp_path / "unused.yml").write_text("---\n" + example[1])
    books = Playbooks(tmp_path, docker_hosts={"children": {"image_hosts": {}}, "hosts": GONE})
    before = books.on_hosts("docker images --all --quiet --no-trunc | sort | sha256sum")
    assert sorted(before) == HOSTS
    result = books.run("unused.yml")
    assert result.returncode == 4, result.stdout + result.stderr  # one host was unreachable
    assert "4 of 5 hosts answered" in result.stdout and "gone" in result.stdout
    assert re.search(r"shop/|base/", result.stdout), result.stdout
    assert "image prune" in result.stdout
    assert books.on_hosts("docker images --all --quiet --no-trunc | sort | sha256sum") == before


def test_the_roll_out(tmp_path: Path) -> None:
    """A failure on the first host stops it; it grows, changes nothing the second time, and is taken back without a trace."""
    variables = {"image_cleanup_name": "rollout", "image_fleet_hosts": "image_hosts"}
    books = Playbooks(tmp_path, image_hosts={"vars": variables})

    def roll_out(*words: str) -> subprocess.CompletedProcess[str]:
        return books.run("imagefleet.docker.cleanup_rollout", *words)

    try:
        stopped = roll_out("--extra-vars", "image_cleanup_minimum_age=soon")
        assert stopped.returncode != 0 and "soon" in stopped.stdout
        assert stopped.stdout.count(BATCH) == 1
        done = roll_out()
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count(BATCH) == 3
        assert re.findall(r"(\S+) +: .*changed=[1-9]", done.stdout) == HOSTS  # so the stopped one had left nothing
        assert books.on_hosts("ls /etc/imagefleet") == dict.fromkeys(HOSTS, "rollout.json")
        again = roll_out()
        assert re.findall(r"changed=(\d+)", again.stdout) == ["0"] * len(HOSTS), again.stdout
    finally:
        removed = roll_out("--extra-vars", "image_cleanup_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert books.on_hosts(TRACES) == dict.fromkeys(HOSTS, "")
