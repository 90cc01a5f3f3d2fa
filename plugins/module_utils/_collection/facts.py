# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in the storage of a registry: the links of its repositories, and the manifests that they name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest


@dataclass(frozen=True)
class StoredRepository:
    """`tags`: tag -> digest; `linked`: the digests that it serves as manifests, `broken` those whose link says something else.

    `deleted`: digests that it served once -> when that ended (epoch seconds); `uploads`: when somebody last sent a part of
    an upload that is not finished (epoch seconds), None without one. `aliases`: digests of another algorithm by which
    content was pushed -> the digest under which it is stored.
    """

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    linked: FrozenSet[str] = frozenset()
    broken: FrozenSet[str] = frozenset()
    deleted: Mapping[str, int] = field(default_factory=dict)
    uploads: Optional[int] = None
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredBlob:
    """`size` in bytes; `arrived` in epoch seconds."""

    size: int
    arrived: int


@dataclass(frozen=True)
class Storage:
    """`manifests` holds the linked ones that are there, by the digest that links name; their own may differ.

    `now` is this host's clock (epoch seconds).
    """

    repositories: Tuple[StoredRepository, ...]
    manifests: Mapping[str, Manifest]
    now: int
