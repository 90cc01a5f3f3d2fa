# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image says it is: os-release(5), and the Debian release that follows from it."""

from __future__ import annotations

import re
from typing import Dict, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_CODENAME = re.compile(r"[a-z][a-z0-9-]*")
#: Releases by number, where only that is told (SBOM).
CODENAMES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky", "15": "duke"}


def parse_os_release(text: str) -> Dict[str, str]:
    """The assignments, unquoted; what is none is left out."""
    found = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            found[match.group(1)] = _unquoted(match.group(2).strip())
    return found


def debian_suite(release: Mapping[str, str]) -> str:
    """The code name of the Debian release. Raises ContentError saying what the image is instead."""
    name = release.get("PRETTY_NAME") or release.get("NAME") or release.get("ID") or ""
    if not release:
        raise ContentError("it does not tell what system it is (it has no /etc/os-release)")
    if release.get("ID") != "debian":
        raise ContentError("it is no Debian but %s, of which Debian's data tells nothing" % (name or "unknown"))
    suite = release.get("VERSION_CODENAME") or CODENAMES.get(release.get("VERSION_ID", ""), "")
    if not _CODENAME.fullmatch(suite):
        raise ContentError("it does not tell which release of Debian it is (%s)" % name)
    return suite


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return re.sub(r"\\([$`\"'\\])", r"\1", text)
