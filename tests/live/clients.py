# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's clients: crane and skopeo pull everything below a name into a folder, and what came is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from lab.commands import run
from lab.paths import cache
from lab.tools import with_own_library
from lab.unpacked import unpacked
from plain_http import digest
from registry_content import Manifest

#: Pulls a name, all platforms of it, into a folder that is not there yet; LabError when it cannot.
Pull = Callable[[str, Path], None]


def crane(name: str, folder: Path) -> None:
    """Into an OCI layout."""
    words = [*with_own_library(cache(), "forky", "crane"), "pull", "--insecure", "--format=oci", name, folder]
    run(words, env={"HOME": "/nonexistent"})


def skopeo(name: str, folder: Path) -> None:
    """Into a plain folder, every manifest as it is."""
    words = [
        *unpacked(cache(), "skopeo", "bookworm").words,
        "copy",
        "--all",
        "--insecure-policy",
        "--src-tls-verify=false",
    ]
    run([*words, "docker://" + name, "dir:%s" % folder], env={"HOME": "/nonexistent"})


PULLS: dict[str, Pull] = {"crane": crane, "skopeo": skopeo}


def missing(folder: Path, manifest: Manifest) -> set[str]:
    """What of all that a manifest needs, itself included, is not in the folder, byte for byte, under whatever name."""
    found = {digest(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    below = manifest.everything()
    return ({*below} | {digest(blob) for one in below.values() for blob in one.blobs}) - found
