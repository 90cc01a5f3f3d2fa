# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images below a manifest or index: what a scan of it reads, by platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    CONFIG_TYPES,
    Descriptor,
    Manifest,
)


@dataclass(frozen=True)
class Content:
    """One image of one platform: digests of its manifest and configuration. `platform` is empty when an index does not tell it."""

    manifest: str
    config: Optional[str]
    platform: str = ""


def contents_of(manifests: Mapping[str, Manifest], root: str) -> List[Content]:
    """The images below `root` that were read, in the order of the index; attestations and artifacts are none."""
    found: List[Content] = []
    waiting = [(root, "")]
    seen = set()
    while waiting:
        digest, platform = waiting.pop(0)
        manifest = manifests.get(digest)
        if manifest is None or digest in seen:
            continue
        seen.add(digest)
        if manifest.is_index:
            waiting += [(child.digest, child.platform) for child in manifest.children if child.attests is None]
        elif _is_image(manifest):
            found.append(Content(digest, manifest.config.digest if manifest.config else None, platform))
    return found


def parts_of(manifests: Mapping[str, Manifest], root: str) -> List[Content]:
    """All that an engine may find below an index; nothing below what is no index.

    Stricter than contents_of(): an entry with a platform is one that is pulled, whatever else it says that it is, and what could not be
    read may be an image.
    """
    found: Dict[str, Content] = {}
    waiting, seen = [root], set()
    while waiting:
        digest = waiting.pop(0)
        index = manifests.get(digest)
        if index is None or not index.is_index or digest in seen:
            continue
        seen.add(digest)
        for child in index.children:
            below = manifests.get(child.digest)
            if below is not None and below.is_index:
                waiting.append(child.digest)
            elif _is_pulled(child, below):
                config = below.config.digest if below is not None and below.config is not None else None
                found.setdefault(child.digest, Content(child.digest, config, child.platform))
    return list(found.values())


def _is_pulled(child: Descriptor, below: Optional[Manifest]) -> bool:
    if child.platform and not child.platform.startswith("unknown/"):
        return True
    return child.attests is None and (below is None or _is_image(below))


def _is_image(manifest: Manifest) -> bool:
    """Signatures and attestations may have the configuration of an image, but no file systems as layers."""
    if manifest.config is None or manifest.config.media_type not in CONFIG_TYPES:
        return False
    return all(".tar" in blob.media_type for blob in manifest.blobs if blob != manifest.config)


def choose(contents: Sequence[Content], platform: str) -> Optional[Content]:
    """The content of a platform in whatever spelling, None when there is none."""
    wanted = normalised(platform)
    return next((one for one in contents if one.platform and normalised(one.platform) == wanted), None)


def normalised(platform: str) -> str:
    """The one spelling of a platform; what is none stays as it is."""
    try:
        return parse_platform("platform", platform)
    except PolicyError:
        return platform
