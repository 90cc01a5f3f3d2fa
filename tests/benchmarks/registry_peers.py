# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other tools: crane of the lab, skopeo of two Debian releases, and oras; with their ages."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from lab.paths import Cache
from lab.prepare import versions
from lab.tools import program, with_own_library
from lab.unpacked import unpacked

_SUITES = {"bookworm": "Debian 12", "forky": "Debian testing"}


@dataclass(frozen=True)
class Peer:
    """`words` begin its command line; `missing` says why there is none."""

    name: str
    words: tuple[str, ...] = ()
    about: str = ""
    missing: str = ""

    @property
    def shell(self) -> str:
        """The words for a shell; no path of the cache has a space."""
        return " ".join(self.words)


def crane(cache: Cache) -> Peer:
    """The one that the lab has."""
    version = versions(cache)["tools"]["forky"]["packages"]["crane"]
    about = _about(cache.tools("forky"), "crane", version, "forky")
    return Peer("crane " + _upstream(version), tuple(map(str, with_own_library(cache, "forky", "crane"))), about)


def skopeo(cache: Cache, suite: str) -> Peer:
    """Of this suite."""
    return _unpacked(cache, "skopeo", suite)


def oras(cache: Cache) -> Peer:
    """Of Debian testing."""
    return _unpacked(cache, "oras", "forky")


def _unpacked(cache: Cache, tool: str, suite: str) -> Peer:
    """What cannot be fetched is told in its place."""
    try:
        found = unpacked(cache, tool, suite)
    except (RuntimeError, OSError) as error:
        return Peer("%s of %s" % (tool, _SUITES[suite]), missing="cannot be had: %s" % error)
    about = _about(found.folder, tool, found.version, suite)
    return Peer("%s %s" % (tool, _upstream(found.version)), found.words, about)


def registry_about(cache: Cache) -> str:
    """The registry that everything is measured against."""
    program(cache, "bookworm", "docker-registry")  # it says so when it is not there
    version = versions(cache)["tools"]["bookworm"]["packages"]["docker-registry"]
    return "docker-registry %s" % _about(cache.tools("bookworm"), "docker-registry", version, "bookworm")


def _about(folder: Path, package: str, version: str, suite: str) -> str:
    """Version, origin, and when Debian first had this version: upstream's release is some days or weeks older."""
    text = "%s (%s" % (version, _SUITES[suite])
    path = folder / "usr/share/doc" / package / "changelog.Debian.gz"
    if not path.exists():
        return text + ")"
    entries = re.findall(r"(?m)^\S+ \((\S+)\) [\s\S]*?^ -- .*?>  (.+)$", gzip.decompress(path.read_bytes()).decode())
    dates = [date for known, date in entries if _upstream(known) == _upstream(version)]
    if not dates:
        return text + ")"
    first = parsedate_to_datetime(dates[-1])
    return "%s, packaged first on %s, %.1f years ago)" % (
        text,
        first.date(),
        (time.time() - first.timestamp()) / (365.25 * 86400),
    )


def _upstream(version: str) -> str:
    return re.sub(r"^\d+:|[+~-].*$", "", version)
