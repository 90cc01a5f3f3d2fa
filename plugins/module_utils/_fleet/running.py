# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that hosts run, as a ledger knows them: by what each can be pulled, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import in_use
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest


@dataclass(frozen=True)
class RunningImage:
    """`digest` is what hosts pulled, of an index or a manifest; an image ID where no registry digest is known.

    `pulled` are the names `host/path@digest` that it may have in registries, `tags` its other names, both sorted; `hosts` run it.
    """

    digest: str
    pulled: Tuple[str, ...]
    tags: Tuple[str, ...]
    hosts: Tuple[str, ...]

    @property
    def name(self) -> str:
        """The first of its names, the digest where none is known."""
        return next(iter((*self.pulled, *self.tags)), self.digest)

    @property
    def why_nowhere(self) -> str:
        """Why no registry can be asked for an image without `pulled`."""
        return (
            "no name is known by which it can be pulled: it was made on the host, or the ledger is of an older release"
        )


def running_images(ledger: Ledger) -> List[RunningImage]:
    """By digest, each once: the children and configurations of an image are no images of their own."""
    used = in_use(ledger)
    pulled: Dict[str, Set[str]] = {}
    tags: Dict[str, Set[str]] = {}
    hosts: Dict[str, Set[str]] = {}
    for digest, users in used.items():
        names = ledger.names.get(digest, ())
        contents = _contents(digest, names)
        for content in (contents & used.keys()) or contents:
            hosts.setdefault(content, set())
            # A child may belong to several images; which of them a host has, only the image's own digest tells.
            if digest == content or content not in used:
                hosts[content].update(users)
            pulled.setdefault(content, set()).update(name for name in names if name.endswith("@" + content))
            if digest == content:
                tags.setdefault(content, set()).update(
                    name for name in names if "@" not in name and not is_digest(name)
                )
    return [
        RunningImage(
            content, tuple(sorted(pulled[content])), tuple(sorted(tags.get(content, ()))), tuple(sorted(hosts[content]))
        )
        for content in sorted(hosts)
    ]


def names_problem(ledger: Ledger) -> Optional[str]:
    """Why images cannot be found in registries by this ledger at all; None when they can."""
    if ledger.digests and not ledger.names:
        return "the ledger does not tell by which names images can be found; run fleet_ledger once more"
    return None


def _contents(digest: str, names: Tuple[str, ...]) -> Set[str]:
    """What a digest is a part of: what was pulled, else the image by its ID, else nothing but itself."""
    pulled = {name.rpartition("@")[2] for name in names if "@" in name}
    return pulled or {name for name in names if is_digest(name)} or {digest}
