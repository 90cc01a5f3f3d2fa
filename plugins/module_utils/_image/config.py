# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image config tells: build time, platform, labels. Its environment and commands are never kept (S12)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import platform_of

_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.\d+)?(Z|z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class ConfigFacts:
    """`created` epoch seconds of the build, None when it does not say."""

    created: Optional[int] = None
    platform: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def parse_config(digest: str, data: bytes) -> ConfigFacts:
    """Raises ContentError naming digest and cause."""
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ContentError("config %s is not JSON: %s" % (digest, error)) from error
    if not isinstance(document, dict):
        raise ContentError("config %s is no JSON object" % digest)
    inner = document.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return ConfigFacts(
        created=parse_moment(document.get("created")),
        platform=platform_of(document),
        labels={str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {},
    )


def parse_moment(text: Any) -> Optional[int]:
    """Epoch seconds of an RFC 3339 time, as builders write it with up to nine digits of a second; None when it is none."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    zone = (match.group(2) or "Z").upper().replace("Z", "+0000").replace(":", "")
    try:
        moment = datetime.strptime(match.group(1).upper().replace(" ", "T") + zone, "%Y-%m-%dT%H:%M:%S%z")
        return int(moment.astimezone(timezone.utc).timestamp())
    except (ValueError, OverflowError):
        return None
