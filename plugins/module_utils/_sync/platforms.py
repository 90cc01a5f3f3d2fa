# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An index with the images of some platforms only: a new document, whose digest is always the same for the same choice."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import ATTESTED, platform_of


def filter_index(data: bytes, platforms: Sequence[str]) -> Optional[bytes]:
    """The index with these platforms and the attestations of their images, byte for byte the same every time.

    The same bytes when nothing is left out, None when nothing is left. A platform `linux/arm` means all its variants.
    """
    document: Dict[str, Any] = json.loads(data.decode("utf-8"))
    entries: List[Dict[str, Any]] = document.get("manifests") or []
    kept: Set[str] = {
        str(entry["digest"]) for entry in entries if _wanted(platform_of(entry.get("platform")), platforms)
    }
    if not kept:
        return None
    chosen = [
        entry for entry in entries if entry["digest"] in kept or (entry.get("annotations") or {}).get(ATTESTED) in kept
    ]
    if len(chosen) == len(entries):
        return data
    document["manifests"] = chosen
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _wanted(platform: str, platforms: Sequence[str]) -> bool:
    return any(platform == one or platform.startswith(one + "/") for one in platforms)
