# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans with stand-ins for scanners on a path of their own."""

from __future__ import annotations

import os
import shlex
import subprocess

from stand_ins import calls, install

from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import parse_scan_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.run import run_scan

# Where nothing listens, so that the scanner is left to find the image.
NOWHERE = "127.0.0.1:1"
IMAGE = NOWHERE + "/shop/web:1.2"
NOW = 1_795_000_000
PROGRAMS = {"scout": "docker", "trivy": "trivy", "grype": "grype"}
FOUND = {"scout": "findings.sarif", "trivy": "findings.json", "grype": "findings.json"}
CLEAN = {"scout": "clean.sarif", "trivy": "clean.json", "grype": "clean.json"}
BACKENDS = sorted(PROGRAMS)


def start(argv, environment, text):
    """As the module does, but with the environment of this process alone changed."""
    done = subprocess.run(
        list(argv),
        env={**os.environ, **environment},
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


class Scene:
    """One scanner, one memory, one folder of reports. `started` are the command lines."""

    def __init__(self, folder, backend, sample=None, **orders):
        self.folder = folder
        self.backend = backend
        self.bin = folder / "bin"
        self.paths = install(
            self.bin, {"scanner": backend, "sample": sample or FOUND[backend], "tells": "sample", **orders}
        )
        self.started = []

    def order(self, sample=None, **orders):
        sample = sample or FOUND[self.backend]
        install(self.bin, {"scanner": self.backend, "sample": sample, "tells": "sample", **orders})

    def built(self, when):
        """The time of the database of the scanner, which has a new one for each scan."""
        (self.bin / "built").write_text(iso_time(when))

    def options(self, **options):
        return {
            "images": [IMAGE],
            "backend": self.backend,
            "scanner": str(self.paths[PROGRAMS[self.backend]]),
            "config_dir": str(self.folder / "docker"),
            "docker_host": "unix:///nonexistent.sock",
            "registries": [{"registry": NOWHERE, "retries": 0}],
            "scan_timeout": 60,
            "state_dir": str(self.folder / "state"),
            "report_dir": str(self.folder / "reports"),
            **options,
        }

    def scan(self, apply=True, now=NOW, age=0, **options):
        """`age` is that of the database in seconds."""
        self.built(now - age)
        return run_scan(parse_scan_options(self.options(**options)), self._run, None, now, apply)

    def calls(self):
        return calls(self.bin)

    def files(self):
        """Every file below the folder but the programs, with its bytes."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and self.bin not in path.parents
        }

    def _run(self, argv, environment, text):
        self.started.append(shlex.join(argv))
        return start(argv, environment, text)
