# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages dpkg has installed, by its status file, and a status file that says the same (deb822(5), dpkg-query(1))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError

# Debian policy 5.6.1 and 5.6.12; a name may have capitals where somebody made it by hand.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*")
_VERSION = re.compile(r"[A-Za-z0-9.+~:-]+")
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")
_ABSENT = ("not-installed", "config-files")
_FIELD = re.compile(r"([!-9;-~]+):(.*)")


@dataclass(frozen=True)
class DebianPackage:
    """One installed package. `source` is what it was built from, None when that has the same name; the same holds for versions."""

    name: str
    version: str
    architecture: str = ""
    source: Optional[str] = None
    source_version: Optional[str] = None


def parse_status(text: str, where: str, assume_installed: bool = False) -> List[DebianPackage]:
    """The packages of a status file that are on the disk, in its order. Raises ContentError naming file and line.

    `assume_installed`: files of images without dpkg (one for each package, in status.d) do not tell a status.
    """
    found = []
    for line, stanza in _stanzas(text, where):
        status = stanza.get("status")
        if status is None and not assume_installed:
            raise ContentError("%s: line %d: a package has no Status" % (where, line))
        # The last of three words tells what is there; what is unpacked only is there as well (dpkg(1), "Package states").
        if status is not None and (status.split() or [""])[-1] in _ABSENT:
            continue
        found.append(_package(stanza, "%s: line %d" % (where, line)))
    return found


def render_status(packages: Iterable[DebianPackage]) -> str:
    """The same packages as dpkg writes them, each once, and nothing else of them."""
    return "\n".join(_stanza(one) for one in dict.fromkeys(packages))


def _package(stanza: Dict[str, str], where: str) -> DebianPackage:
    name, version = stanza.get("package", ""), stanza.get("version", "")
    if not _NAME.fullmatch(name):
        raise ContentError("%s: %r is not the name of a package" % (where, name))
    if not _VERSION.fullmatch(version):
        raise ContentError("%s: package %s has no version that Debian could have: %r" % (where, name, version))
    source, source_version = split_source(stanza.get("source", ""), "%s: package %s" % (where, name))
    return DebianPackage(name, version, stanza.get("architecture", ""), source, source_version)


def split_source(text: str, where: str) -> Tuple[Optional[str], Optional[str]]:
    """`openssl (3.0.11-1)` as name and version; both may be absent. Raises ContentError."""
    if not text.strip():
        return None, None
    match = _SOURCE.fullmatch(text.strip())
    if not match or not _NAME.fullmatch(match.group(1)) or not _VERSION.fullmatch(match.group(2) or "0"):
        raise ContentError("%s: %r names no source package" % (where, text))
    return match.group(1), match.group(2)


def _stanza(package: DebianPackage) -> str:
    lines = ["Package: " + package.name, "Status: install ok installed"]
    if package.architecture:
        lines.append("Architecture: " + package.architecture)
    if package.source or package.source_version:
        version = " (%s)" % package.source_version if package.source_version else ""
        lines.append("Source: %s%s" % (package.source or package.name, version))
    lines.append("Version: " + package.version)
    return "".join(line + "\n" for line in lines)


def _stanzas(text: str, where: str) -> Iterator[Tuple[int, Dict[str, str]]]:
    """The line that each begins at, and its fields by lower-case name, without the lines that continue them."""
    fields: Dict[str, str] = {}
    begun = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            if fields:
                yield begun, fields
            fields = {}
            continue
        if line[0] in " \t" or line.startswith("#"):
            continue
        match = _FIELD.fullmatch(line.rstrip("\r"))
        if not match:
            raise ContentError("%s: line %d: %r is no field of a package" % (where, number, line[:60]))
        if not fields:
            begun = number
        fields[match.group(1).lower()] = match.group(2).strip()
    if fields:
        yield begun, fields
