# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of what refers to a manifest: one of the source, one of a region, and both together."""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import OCI_INDEX


def merge_lists(source: bytes, region: Optional[bytes]) -> Tuple[Optional[bytes], FrozenSet[str]]:
    """A region's list with the source's entries added, and the digests that only the region lists.

    The list is None when the region lacks nothing. What was signed in a region stays listed there. Raises ValueError for what is
    no list.
    """
    here = _entries(source)
    there = _entries(region) if region is not None else []
    known = {one.get("digest") for one in there}
    own = frozenset(str(digest) for digest in known - {one.get("digest") for one in here})
    lacking = [one for one in here if one.get("digest") not in known]
    if region is not None and not lacking:
        return None, own
    if not own:
        return source, own
    document: Dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": there + lacking}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8"), own


def has_entries(data: bytes) -> bool:
    """Whether anything is listed. Raises ValueError for what is no list."""
    return bool(_entries(data))


def _entries(data: bytes) -> List[Dict[str, Any]]:
    document = json.loads(data.decode("utf-8"))
    entries = (document.get("manifests") or []) if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError("it is no list of manifests")
    return entries
