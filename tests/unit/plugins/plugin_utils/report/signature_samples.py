# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifications of signatures as fleet_report takes them."""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)


def row(name: str, verified: Any = True, reason: str = "", **more: Any) -> Dict[str, Any]:
    known = {
        "image": "registry.example.com/" + name,
        "digest": digest(name),
        "hosts": ["web-1"],
        "verified": verified,
        "reason": reason,
        "signers": ["release"] if verified is True else [],
        "signatures": [],
    }
    return {**known, **more}


def good() -> List[Dict[str, Any]]:
    return [row("shop/web:2.1.0", hosts=["web-1", "web-2"]), row("shop/api:1.4.0")]


def mixed() -> Dict[str, Any]:
    """One is not signed, of one nobody knows, one is."""
    return {
        "images": [
            row("shop/web:2.1.0", hosts=["web-1", "web-2"]),
            row("shop/job:7", None, "the registry did not answer", hosts=["db-1"]),
            row(
                "shop/tool:1",
                False,
                "no signature was found in registry.example.com/shop/tool",
                hosts=["web-1", "db-1"],
            ),
        ]
    }


def hostile() -> List[Dict[str, Any]]:
    """Texts that attack terminals and pages, and secrets where none belong."""
    told = [*HOSTILE, *("token: %s" % secret for secret in SECRETS)]
    return [
        row("x", verified, text, image=text, digest=text, hosts=[text], signers=[text, {"name": text}])
        for text in told
        for verified in (True, False, None, text)
    ]
