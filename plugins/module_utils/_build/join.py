# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One index of images that were built one by one."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    parse_manifest,
    platform_of,
)


def join(images: Sequence[Mapping[str, Any]], annotations: Mapping[str, str]) -> bytes:
    """The bytes of the index, the same for the same images. Each is `{digest, media_type, data, config}`.

    `data` is a manifest, or an index of one image and its attestations, whose entries are taken over.
    """
    entries: List[Dict[str, Any]] = []
    for image in images:
        if parse_manifest(image["data"], image["media_type"]).is_index:
            entries += json.loads(image["data"].decode("utf-8"))["manifests"]
            continue
        config = json.loads(image["config"].decode("utf-8"))
        system, architecture, variant = (platform_of(config).split("/") + ["", ""])[:3]
        platform = {"architecture": architecture, "os": system}
        if variant:
            platform["variant"] = variant
        entries.append(
            {
                "mediaType": image["media_type"],
                "digest": image["digest"],
                "size": len(image["data"]),
                "platform": platform,
            }
        )
    document: Dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    if annotations:
        document["annotations"] = dict(annotations)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8")
