# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures as the modules return them."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Signature


def rows(signatures: Sequence[Signature], verified: bool = True) -> List[Dict[str, Any]]:
    """In an order that does not depend on the registry's; equal ones stay, since each is one to revoke."""
    made = [
        {
            "method": one.method,
            "digest": one.digest,
            "signer": one.signer,
            "key": one.key,
            "repository": one.repository,
            "tag": one.tag,
            "annotations": dict(one.annotations),
            "verified": verified,
        }
        for one in signatures
    ]
    return sorted(made, key=lambda row: json.dumps(row, sort_keys=True))


def difference(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Dict[str, str]:
    """For diff mode."""
    return {"before": _text(before), "after": _text(after)}


def _text(entries: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(list(entries), indent=2, sort_keys=True) + "\n" if entries else ""
