# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real debsecan, and real syft."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Mapping, Sequence

from lab.paths import cache
from lab.unpacked import unpacked

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned


def install_debsecan(folder: Path) -> Path:
    """A program that starts the unpacked one with the bindings that came with it."""
    found = unpacked(cache(), "debsecan", "bookworm").folder
    program = folder / "debsecan"
    program.write_text(
        '#!/bin/sh\nPYTHONPATH=%s exec /usr/bin/python3 %s "$@"\n'
        % (found / "usr/lib/python3/dist-packages", found / "usr/bin/debsecan")
    )
    program.chmod(0o755)
    return program


def run(argv: Sequence[str], environment: Mapping[str, str], text: str | None) -> tuple[int, str, str]:
    """As the module runs programs."""
    done = subprocess.run(
        list(argv), env={**os.environ, **environment}, input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def facts(scanned: Scanned) -> set[tuple[object, ...]]:
    """What was found, without where in whose document it was read."""
    return {(one.id, one.package, one.installed, one.fixed, one.severity, one.title) for one in scanned.findings}


def bills(archive: Path, folder: Path) -> dict[str, Path]:
    """What syft writes about an archive, by format."""
    program = shutil.which("syft", path="%s:%s" % (Path(sys.executable).parent, os.environ["PATH"]))
    assert program is not None
    found = {name: folder / (name + ".json") for name in ("syft-json", "spdx-json", "cyclonedx-json")}
    outputs = [word for name, path in found.items() for word in ("--output", "%s=%s" % (name, path))]
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(folder), "TMPDIR": str(folder)}
    words = [program, "scan", "--quiet", "docker-archive:%s" % archive, *outputs]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return found
