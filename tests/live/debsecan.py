# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real debsecan with a small copy of its data, and real syft."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from lab.paths import cache
from lab.unpacked import unpacked

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned


@dataclass(frozen=True)
class Row:
    """One vulnerability of one package, as Debian's data has it.

    `package` is a source package, or a binary one; `urgency` is L, M, H or a blank; `fixed` the version of unstable, empty for none;
    `others` the versions of other branches that are not affected; `fixable` whether the suite has the fix.
    """

    name: str
    package: str
    urgency: str = " "
    fixed: str = ""
    others: Sequence[str] = ()
    fixable: bool = False
    binary: bool = False
    description: str = "described"

    def text(self, number: int) -> str:
        flags = "%s%s %s" % ("B" if self.binary else "S", self.urgency, "F" if self.fixable else " ")
        return "%s,%d,%s,%s,%s" % (self.package, number, flags, self.fixed, " ".join(self.others))


def write_feed(folder: Path, suite: str, rows: Sequence[Row], binaries: Mapping[str, Sequence[str]]) -> str:
    """The data of a suite as debsecan fetches it; returns the URL of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["%s,,%s" % (row.name, row.description) for row in rows]
    sources = ["%s,%s" % (source, " ".join(built)) for source, built in binaries.items()]
    sections = [["VERSION 1", *names], [row.text(number) for number, row in enumerate(rows)], sources]
    text = "".join("".join(line + "\n" for line in section) + "\n" for section in sections)
    (folder / suite).write_bytes(zlib.compress(text.encode()))
    return "file://%s" % folder


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
