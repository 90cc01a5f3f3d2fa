# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that move with releases: `1`, `1.2`, `latest`, each with its variant."""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.version import Version, parse_version

LATEST = "latest"


def floating_tags(tags: Mapping[str, str]) -> Dict[str, Tuple[str, ...]]:
    """Floating tag -> the full version tags at the same digest that it follows; what follows nothing is not floating.

    `1` and `1.2` follow `1.2.3`; `latest` follows any version, `latest-alpine` any of that variant.
    """
    by_digest: Dict[str, List[Tuple[str, Version]]] = {}
    for tag, digest in tags.items():
        version = parse_version(tag)
        if version is not None:
            by_digest.setdefault(digest, []).append((tag, version))
    found: Dict[str, Tuple[str, ...]] = {}
    for tag, digest in tags.items():
        followed = tuple(sorted(other for other, version in by_digest.get(digest, ()) if _follows(tag, version)))
        if followed:
            found[tag] = followed
    return found


def _follows(tag: str, version: Version) -> bool:
    if tag == LATEST or tag.startswith(LATEST + "-"):
        variant = tag[len(LATEST) + 1 :]
        return not variant or variant == version.variant
    own = parse_version(tag)
    if own is None or own.prerelease or own.build or version.prerelease:
        return False
    shorter = len(own.numbers) < len(version.numbers)
    return shorter and version.numbers[: len(own.numbers)] == own.numbers and own.variant == version.variant
