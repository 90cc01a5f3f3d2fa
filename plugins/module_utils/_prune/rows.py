# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a plan: one per name of an image, one per image without a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import Item
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import HostFacts, ImageFacts


@dataclass(frozen=True)
class Row:
    """One thing that can be deleted: a name of an image, or (name None) an image without names."""

    key: str
    image: str
    name: Optional[str]

    @property
    def shown(self) -> Optional[str]:
        """The name as people type it."""
        return parse_reference(self.name).familiar if self.name else None

    @property
    def is_digest(self) -> bool:
        """Whether the name is a digest, not a tag."""
        return self.name is not None and "@" in self.name

    @property
    def repository(self) -> Optional[str]:
        return parse_reference(self.name).repository if self.name else None


def rows_of(image: ImageFacts) -> List[Row]:
    """A row per tag and per digest that is a name of its own; one row for the image when it has neither.

    Digests first: the engine drops those of a repository together with its last tag.
    """
    names = sorted(image.pinned) + sorted(image.tags)
    if not names:
        return [Row(image.id, image.id, None)]
    return [Row("%s %s" % (image.id, name), image.id, name) for name in names]


def last_used_clock(image: ImageFacts, sampled_since: Optional[int]) -> Clock:
    """When the image was last used; without a sighting only that it was not used since sampling began."""
    watched = max((moment for moment in (sampled_since, image.arrived) if moment is not None), default=None)
    if image.last_used is not None and (watched is None or image.last_used >= watched):
        return Clock(image.last_used, True, "seen in use")
    if sampled_since is None or watched is None:
        return Clock(None, False, "use was never sampled on this host")
    return Clock(watched, False, "sampled since")


def item_for(
    row: Row, image: ImageFacts, facts: HostFacts, used_by: Tuple[str, ...], forced_keep: Mapping[str, str]
) -> Item:
    """What the policy core needs to judge one row."""
    reference = parse_reference(row.name) if row.name else None
    arrived = image.arrived
    source = image.arrived_source
    named = image.tag_arrived.get(row.name or "")
    if named is not None and (arrived is None or named > arrived):
        arrived, source = named, "this name first seen"
    digests = [image.id, *image.members]
    digests += [digest for digest in (name.partition("@")[2] for name in image.digests) if digest]
    return Item(
        key=row.key,
        repository=reference.repository if reference else None,
        tag=reference.tag if reference else None,
        tagged=reference is not None,
        digest=image.id,
        digests=tuple(dict.fromkeys(digests)),
        labels=image.labels,
        arrived=Clock(arrived, True, source),
        created=Clock(image.created, True, "build time"),
        last_used=last_used_clock(image, facts.sampled_since),
        used_by=used_by,
        forced_keep=forced_keep.get(row.key),
    )
