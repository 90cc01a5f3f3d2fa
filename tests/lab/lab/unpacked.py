# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools beside the lab's own, of several Debian releases: fetched into the cache when first asked for, and only unpacked.

They are not among the programs that every lab is made of: only those wait for them who use them.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from .apt import Apt
from .paths import Cache
from .prepare import locked

#: (tool, suite) -> its package, first, with the libraries that machines lack; testing's with its C library beside it.
_PACKAGES = {
    ("skopeo", "bookworm"): ["skopeo", "libgpgme11", "libassuan0", "libgpg-error0"],
    ("skopeo", "forky"): ["skopeo", "libgpgme45", "libassuan9", "libgpg-error0", "libsqlite3-0", "libc6"],
    ("oras", "forky"): ["oras", "libc6"],
    ("cosign", "trixie"): ["cosign"],
    ("notary", "bookworm"): ["notary"],
    ("docker", "forky"): ["docker-cli", "libc6"],
    ("cosign", "forky"): ["cosign", "libc6"],
    # A program of the machine's own Python, which may lack the bindings of apt.
    ("debsecan", "bookworm"): ["debsecan", "python3-apt"],
}
#: Major version of cosign -> the suite that has it. Version 2 keeps signatures under tags, version 3 as referrers under a list.
COSIGN_SUITES = {"2": "trixie", "3": "forky"}


@dataclass(frozen=True)
class Unpacked:
    """What lies in a folder of the cache; `version` is that of the package."""

    tool: str
    folder: Path
    version: str

    def program(self, name: str) -> Path:
        """One of its programs that the machine's own libraries are enough for."""
        return self.folder / "usr/bin" / name

    @property
    def words(self) -> tuple[str, ...]:
        """The beginning of its command line."""
        program = self.program(self.tool)
        libraries = next(self.folder.glob("usr/lib/*-linux-gnu"), None)
        if libraries is None:
            return (str(program),)
        loaders = sorted(libraries.glob("ld-linux-*.so.*"))
        if loaders:
            return (str(loaders[0]), "--library-path", str(libraries), str(program))
        return ("env", "LD_LIBRARY_PATH=%s" % libraries, str(program))

    def write_script(self, path: Path) -> Path:
        """The same as one file, for who takes the path of a program."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\nexec %s "$@"\n' % " ".join(shlex.quote(word) for word in self.words))
        path.chmod(0o755)
        return path


def unpacked(cache: Cache, tool: str, suite: str) -> Unpacked:
    """Such a tool of a suite. LabError or OSError when it cannot be fetched."""
    folder = cache.root / tool / suite
    record = folder / "version"
    if not record.exists():
        with locked(cache):
            if not record.exists():
                _fetch(cache, tool, suite, folder)
    return Unpacked(tool, folder, record.read_text())


def _fetch(cache: Cache, tool: str, suite: str, folder: Path) -> None:
    apt = Apt(suite, cache.root / "apt" / ("%s-%s" % (tool, suite)), testing=suite == "forky")
    apt.update()
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    packages = _PACKAGES[(tool, suite)]
    found = apt.download(packages, draft)
    (draft / "version").write_text(found[packages[0]])
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(draft, folder)
