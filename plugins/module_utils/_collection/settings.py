# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What collection must know of a registry's settings: lines of its file, and what the environment puts over them.

The file is not parsed: there is no YAML parser on every target. Only lines that can mean one thing are looked for, and what
they cannot tell is proven by the registry's own answers.
"""

from __future__ import annotations

import re
from typing import Mapping, Optional

_PROXY = re.compile(r"(?m)^\s*[\"']?proxy[\"']?\s*:")
# Its only key that must be told; where all of the file is in one line, none begins with the section.
_CACHED = re.compile(r"(?m)^[^#\n]*\bremoteurl[\"']?\s*:\s*[\"']?[^\s\"'#,}]")
_ROOT = re.compile(r"(?m)^[^#\n]*[\"']?\brootdirectory[\"']?\s*:\s*[\"']?(/[^\"'\n,}#]*)")
_SHARED_CACHE = re.compile(r"(?m)^[^#\n]*[\"']?\b(?:blobdescriptor|layerinfo)[\"']?\s*:\s*[\"']?redis\b")


def is_pull_through(text: str, environment: Mapping[str, str]) -> bool:
    """Whether the registry caches another one, which must never be collected by hand."""
    if any(name.startswith("REGISTRY_PROXY") and value for name, value in environment.items()):
        return True
    return bool(_PROXY.search(text) or _CACHED.search(text))


def has_shared_cache(text: str, environment: Mapping[str, str]) -> bool:
    """Whether what the registry remembers of its blobs outlives a restart (in Redis)."""
    told = environment.get("REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR")
    # A whole section may come from the environment, written like a line of the file.
    section = "cache: " + environment.get("REGISTRY_STORAGE_CACHE", "")
    return told == "redis" if told else bool(_SHARED_CACHE.search(text) or _SHARED_CACHE.search(section))


def storage_path(text: str, environment: Mapping[str, str]) -> Optional[str]:
    """The root directory of the driver filesystem; None when it is not told, or told twice."""
    told = environment.get("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY")
    if told:
        return told
    found = {match.group(1).strip() for match in _ROOT.finditer(text)}
    return found.pop() if len(found) == 1 else None
