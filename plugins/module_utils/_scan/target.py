# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be scanned, as a value: one image content by whatever names it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity

AUTO, ENGINE, REGISTRY, ARCHIVE, SBOM = "auto", "engine", "registry", "archive", "sbom"
SOURCES = (AUTO, ENGINE, REGISTRY, ARCHIVE, SBOM)


@dataclass(frozen=True)
class Target:
    """One image of one platform, however many names lead to it.

    `name` is what a scanner is told: a reference (in a registry `host/path@digest`), or the path of a file. `references` are all of
    its names, sorted: tags, and digests of the manifest and of the indexes that it was found by. `digest` is that of the manifest
    where a registry told it, of the configuration (the image ID) where only an engine or an archive did, None for an SBOM.
    `platform` as `linux/arm64/v8`, None when nothing tells. `hosts` are those that run it, sorted, as far as a ledger tells.
    `identity` has all digests that mean it. `source` is where its content is to be read, never AUTO. `problem` tells why it cannot be
    scanned, with the next step, else None.
    """

    name: str
    source: str
    references: Tuple[str, ...] = ()
    digest: Optional[str] = None
    platform: Optional[str] = None
    hosts: Tuple[str, ...] = ()
    problem: Optional[str] = None
    identity: Identity = Identity()
