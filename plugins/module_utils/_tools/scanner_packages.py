# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many packages a scanner read, by its own lists."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError

# CycloneDX also lists the operating system and files as components.
_NO_PACKAGE = frozenset(("operating-system", "file", "container", "device", "firmware"))


def count_cyclonedx(text: str, where: str) -> int:
    """Components of a CycloneDX document that are packages. Raises ToolError."""
    document = _load(text, where)
    if document.get("bomFormat") != "CycloneDX":
        raise ToolError("%s: bomFormat is %r, and CycloneDX was asked for" % (where, document.get("bomFormat")))
    return sum(1 for entry in _entries(document, "components", where) if entry.get("type") not in _NO_PACKAGE)


def count_scout_sbom(text: str, where: str) -> int:
    """Packages of what `docker scout sbom` writes. Raises ToolError."""
    document = _load(text, where)
    if "artifacts" not in document:
        raise ToolError("%s: it has no artifacts, so it is no SBOM of docker scout" % where)
    return len(_entries(document, "artifacts", where))


def _entries(document: Any, key: str, where: str) -> Any:
    listed = document.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise ToolError("%s: %s is no list of objects" % (where, key))
    return listed


def _load(text: str, where: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError("%s is not JSON: %s" % (where, error)) from error
    if not isinstance(document, dict):
        raise ToolError("%s is no JSON object" % where)
    return document
