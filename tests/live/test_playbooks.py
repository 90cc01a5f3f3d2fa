# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new user runs, over ssh on the hosts of the fleet: the first example of the README as printed, and the roll-out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from fleet_playbooks import GONE, Playbooks
from lab import load

LAB = load()
HOSTS = sorted(host["name"] for host in LAB["hosts"])
README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
BATCH = "PLAY [Install the scheduled clean-up in growing batches]"
TRACES = "find /etc /usr/local /var/lib /var/log /run -path /var/lib/docker -prune -o -name '*imagefleet*' -print"


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
