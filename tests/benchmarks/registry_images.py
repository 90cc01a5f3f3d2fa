# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry holds before every run: a hundred releases of two platforms, and what makes them hard to tidy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable

import registry_content as content
from registry_content import Layer, Manifest
from registry_pushing import attach, push, sign

REPOSITORY = "shop/web"
TAGS, KEPT = 100, 20
# The bytes of the layer that all releases of a platform share: deleting eighty of a hundred frees 78.7 % and no more.
_SHARED_BYTES = {"linux/amd64": 30_000, "linux/arm64": 25_000}
_MOVED, _SIGNED_OLD, _SIGNED_KEPT, _USED = 10, 5, 2, 3


@dataclass
class Shelf:
    """Tags by name; of the traps: digests that hosts use, signed images, and old tags that share a kept digest."""

    old: dict[str, Manifest]
    kept: dict[str, Manifest]
    moved: dict[str, Manifest] = field(default_factory=dict)
    signed_old: list[Manifest] = field(default_factory=list)
    signed_kept: list[Manifest] = field(default_factory=list)
    used: list[Manifest] = field(default_factory=list)

    def least_left(self) -> int:
        """Bytes of the kept tags with all below them: less than that no tool may leave."""
        found: dict[str, int] = {}
        for one in _closure(self.kept.values()):
            found[one.digest] = len(one.body)
            found.update((content.digest(blob), len(blob)) for blob in one.blobs)
        return sum(found.values())


def plain() -> Shelf:
    """Releases 1.0.0 to 1.99.0, the newest twenty to be kept."""
    made = {"1.%d.0" % number: _release(number) for number in range(TAGS)}
    names = list(made)
    return Shelf({name: made[name] for name in names[:-KEPT]}, {name: made[name] for name in names[-KEPT:]})


def with_traps() -> Shelf:
    """The same; ten old tags share digests with kept ones, seven images are signed, hosts use three old digests."""
    shelf = plain()
    old, kept = list(shelf.old.values()), list(shelf.kept.values())
    shelf.moved = {"0.%d.0" % number: kept[number] for number in range(_MOVED)}
    shelf.signed_old = old[20 : 20 + _SIGNED_OLD]
    shelf.signed_kept = kept[-_SIGNED_KEPT:]
    # By the digest of the index twice, once by that of one platform.
    shelf.used = [old[40], old[50], old[60].children[0]][:_USED]
    return shelf


def fill(address: str, shelf: Shelf) -> None:
    """Push everything, without which nothing else is there."""
    known: set[str] = set()
    for tag, manifest in {**shelf.old, **shelf.kept, **shelf.moved}.items():
        push(address, REPOSITORY, manifest, tag, known=known)
    for manifest in (*shelf.signed_old, *shelf.signed_kept):
        sign(address, REPOSITORY, manifest)
        attach(address, REPOSITORY, content.referrer(manifest))


def attached(manifest: Manifest) -> list[str]:
    """The tags under which a signed image's signature and list of referrers are."""
    return [content.cosign_tag(manifest.digest), content.fallback_tag(manifest.digest)]


def _release(number: int) -> Manifest:
    created = "2024-%02d-%02dT12:00:00Z" % (1 + number // 28, 1 + number % 28)
    return content.index([_image(number, platform, created) for platform in _SHARED_BYTES])


def _image(number: int, platform: str, created: str) -> Manifest:
    own = [Layer("%s-%d-%s" % (platform, number, name)) for name in ("libraries", "program")]
    return content.image(
        [Layer(platform, _SHARED_BYTES[platform]), *own], created=created, platform=platform, note=str(number)
    )


def _closure(manifests: Iterable[Manifest]) -> list[Manifest]:
    return [one for manifest in manifests for one in manifest.everything().values()]
