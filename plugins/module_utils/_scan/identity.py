# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image a scanner read, compared with the one it was told to read: findings of another image must not count for this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


@dataclass(frozen=True)
class Identity:
    """What an image is known by. `configs` are digests of configurations: exactly one image of one platform. `manifests` are those of
    its manifest and of indexes that hold it among images of other platforms. `platform` as `linux/arm64/v8`. Each as far as known."""

    configs: Tuple[str, ...] = ()
    manifests: Tuple[str, ...] = ()
    platform: Optional[str] = None

    @property
    def digests(self) -> Tuple[str, ...]:
        return self.manifests + self.configs


def difference(wanted: Identity, read: Identity, local: bool) -> Optional[str]:
    """Why what was read is another image than was wanted; None when nothing tells so.

    Both may be known by digests of several kinds: a configuration that fits is proof. A manifest that fits may be that of an index,
    so the platform must fit too. `local`: it came from an engine or a file, where one side may know nothing but the configuration and
    the other nothing but the manifest: that says nothing.
    """
    if set(read.configs) & set(wanted.configs):
        return None
    known = set(wanted.digests)
    # An engine with the containerd image store calls the digest of a manifest the ID of an image, and scanners hand that on.
    other_config = bool(read.configs and wanted.configs) and not set(read.configs) & known
    comparable = bool(read.manifests and wanted.manifests) if local else bool(read.digests and known)
    if other_config or (comparable and not set(read.digests) & known):
        return "read %s, and %s was to be read" % (_told(read.digests), _told(wanted.digests))
    if read.platform and wanted.platform and _machine(read.platform) != _machine(wanted.platform):
        return "read the image for %s, and that for %s was to be read" % (read.platform, wanted.platform)
    return None


def _told(digests: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(digests))


def _machine(platform: str) -> Tuple[str, ...]:
    """System and architecture: the variant is often left out."""
    try:
        return tuple(parse_platform("platform", platform).split("/")[:2])
    except PolicyError:
        return tuple(platform.split("/")[:2])
