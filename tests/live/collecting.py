# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content of a registry that is collected: what went more than a week ago, and what stays."""

from __future__ import annotations

import registry_content as content
from plain_http import digest
from registry_content import Manifest
from registry_host import RegistryHost
from registry_pushing import attach, delete_manifest, push, sign

APP = "shop/app"
WEEK = 7 * 86400


def let_go(host: RegistryHost, manifest: Manifest, repository: str = APP) -> None:
    """As retention does: the index, then its images."""
    for one in [manifest.digest, *(child.digest for child in manifest.children)]:
        assert delete_manifest(host.address, repository, one) == 202


def exclusive(gone: Manifest, *kept: Manifest) -> set[str]:
    """Everything that only this image is made of."""

    def parts(manifest: Manifest) -> set[str]:
        below = manifest.everything().values()
        return {one.digest for one in below} | {digest(blob) for one in below for blob in one.blobs}

    return parts(gone) - {part for one in kept for part in parts(one)}


def filled(host: RegistryHost) -> tuple[Manifest, Manifest]:
    """A release that went more than a week ago, and one that stays, signed, with an attestation and a referrer."""
    kept = content.multi_platform("kept", attested=True)
    gone = content.index([*content.multi_platform("gone").children, kept.children[0]], annotations={"build": "gone"})
    push(host.address, APP, kept, "2.0", "latest")
    sign(host.address, APP, kept)
    attach(host.address, APP, content.referrer(kept))
    push(host.address, APP, gone, "1.0")
    for one in [gone.digest, *(child.digest for child in gone.children if child not in kept.children)]:
        assert delete_manifest(host.address, APP, one) == 202
    host.age(WEEK + 60)
    return kept, gone
