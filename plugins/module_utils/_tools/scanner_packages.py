# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many packages a scanner read, by its own lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError

# CycloneDX also lists the operating system and files as components.
_NO_PACKAGE = frozenset(("operating-system", "file", "container", "device", "firmware"))


# Types of purls that package managers of systems have (purl-spec).
_OF_SYSTEM = ("pkg:alpm/", "pkg:apk/", "pkg:deb/", "pkg:ebuild/", "pkg:nix/", "pkg:portage/", "pkg:rpm/")


@dataclass(frozen=True)
class Listed:
    """`packages` in all; `of_system` those that the system's own package manager put there; `digest` of the image that was read, where
    the list tells it."""

    packages: int
    of_system: int
    digest: Optional[str] = None


def is_of_system(purl: Any) -> bool:
    return isinstance(purl, str) and purl.startswith(_OF_SYSTEM)


def read_cyclonedx(text: str, where: str) -> Listed:
    """What a CycloneDX document lists. Raises ToolError."""
    document = _load(text, where)
    if document.get("bomFormat") != "CycloneDX":
        raise ToolError("%s: bomFormat is %r, and CycloneDX was asked for" % (where, document.get("bomFormat")))
    packages = [entry for entry in _entries(document, "components", where) if entry.get("type") not in _NO_PACKAGE]
    return Listed(len(packages), sum(is_of_system(entry.get("purl")) for entry in packages))


def read_scout_sbom(text: str, where: str) -> Listed:
    """What `docker scout sbom` writes. Raises ToolError."""
    document = _load(text, where)
    if "artifacts" not in document:
        raise ToolError("%s: it has no artifacts, so it is no SBOM of docker scout" % where)
    packages = _entries(document, "artifacts", where)
    return Listed(len(packages), sum(is_of_system(entry.get("purl")) for entry in packages), _digest(document))


def _digest(document: Any) -> Optional[str]:
    for key in ("source", "image", "digest"):
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None


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
