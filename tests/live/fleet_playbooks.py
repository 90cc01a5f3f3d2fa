# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks as a user runs them, over ssh on the hosts of the fleet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab import load

LAB = load()
#: Where nobody listens.
NOWHERE = {"ansible_host": "127.0.0.1", "ansible_port": 1}
GONE = {"gone": NOWHERE}


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
