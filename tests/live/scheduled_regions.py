# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host command with configurations of sync and drift, as its scheduler runs it: one file, without Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import encode, make_document
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import Paths
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.packer import build


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, and what it printed to both streams."""

    code: int
    output: str
    errors: str


class ScheduledJob:
    """One configuration in a folder of its own, and the program that it tells. Use as a context manager."""

    def __init__(self, folder: Path, command: str, options: Mapping[str, Any], **wanted: Any) -> None:
        self.folder = folder
        self.command = command
        self._name = "t-%s-%s-%d" % (command, folder.name, os.getpid())
        folder.mkdir(parents=True)
        (folder / "imagefleet.pyz").write_bytes(build())
        tell = folder / "tell"
        tell.write_text('#!/bin/sh\necho "$*" >> %s\ncat > %s\n' % (folder / "calls", folder / "told"))
        tell.chmod(0o755)
        files = {key + "_file": str(folder / key) for key in ("report", "metrics", "log")}
        document = {"command": command, "mode": "apply", "options": options, "notify_command": [str(tell), "drift"]}
        self._config = folder / (self._name + ".json")
        self._config.write_bytes(encode(make_document({**document, **files, **wanted}, None, int(time.time()))))

    def __enter__(self) -> "ScheduledJob":
        return self

    def __exit__(self, *_what: object) -> None:
        Path(Paths(self._name).lock).unlink(missing_ok=True)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a run; finish() waits for it."""
        # Nothing of this process but the libraries: a scheduler sets no paths of Python.
        environment = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
        argv = [sys.executable, str(self.folder / "imagefleet.pyz"), self.command, "--config", str(self._config)]
        return subprocess.Popen(
            [*argv, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str) -> Ended:
        return finish(self.start(*words))

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self._text("report")))

    @property
    def told(self) -> dict[str, Any]:
        """What the program got last."""
        return dict(json.loads(self._text("told")))

    @property
    def calls(self) -> list[str]:
        """The arguments of every call of the program."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def metrics(self) -> dict[str, float]:
        """Samples by name, without the label that all have."""
        lines = [line for line in self._text("metrics").splitlines() if not line.startswith("#")]
        pairs = [line.rsplit(" ", 1) for line in lines]
        return {key.replace('{name="%s"' % self._name, "{").replace("{,", "{"): float(text) for key, text in pairs}

    def left(self) -> str:
        """Everything that runs left, without the configuration."""
        kept = (self._config.name, "imagefleet.pyz", "tell")
        return "".join(path.read_text() for path in self.folder.iterdir() if path.name not in kept)

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text()


def finish(process: subprocess.Popen[str]) -> Ended:
    output, errors = process.communicate()
    return Ended(process.returncode, output, errors)
