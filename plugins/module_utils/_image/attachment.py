# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that are no names of their own: they attach signatures and the like to another manifest by its digest."""

from __future__ import annotations

import re
from typing import Optional, Tuple

# `sha256-<hex>` is the referrers tag of the distribution specification, the others are cosign's.
_TAG = re.compile(r"(sha256)-([0-9a-f]{64})(?:\.(sig|att|sbom))?")
REFERRERS = "referrers"


def attached_to(tag: str) -> Optional[Tuple[str, str]]:
    """(digest, kind) that a tag belongs to, kind `sig`, `att`, `sbom` or `referrers`; None for ordinary tags."""
    match = _TAG.fullmatch(tag)
    if not match:
        return None
    return "%s:%s" % (match.group(1), match.group(2)), match.group(3) or REFERRERS


def referrers_tag(digest: str) -> str:
    """The fallback tag under which referrers of `digest` are listed."""
    return digest.replace(":", "-", 1)
