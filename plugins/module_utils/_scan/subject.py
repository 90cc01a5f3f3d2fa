# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that is judged, with every name it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference


@dataclass(frozen=True)
class Subject:
    """One digest of one platform.

    `image` is the name it was scanned by: a reference, or the path of an archive or SBOM. `references` are all of its names, sorted,
    `hosts` those that run it. `platform` is `linux/arm64`, None when nothing tells.
    """

    image: str
    references: Tuple[str, ...] = ()
    digest: Optional[str] = None
    hosts: Tuple[str, ...] = ()
    platform: Optional[str] = None

    @property
    def names(self) -> Tuple[str, ...]:
        """Its references, or what it was scanned by when it has none."""
        return self.references or (self.image,)

    @property
    def parsed(self) -> Tuple[Reference, ...]:
        """Those of its names that are references."""
        found: List[Reference] = []
        for name in self.names:
            reference = as_reference(name)
            if reference is not None:
                found.append(reference)
        return tuple(found)

    @property
    def repositories(self) -> Tuple[str, ...]:
        """Canonical, sorted; the name itself where it is no reference."""
        return tuple(sorted({repository_of(name) for name in self.names}))


def as_reference(name: str) -> Optional[Reference]:
    """None for what is no reference: the path of an archive or SBOM."""
    try:
        return parse_reference(name)
    except PolicyError:
        return None


def repository_of(name: str) -> str:
    """`registry.example.com/team/app` of any name of it; a path stays as it is."""
    reference = as_reference(name)
    return name if reference is None else reference.repository
