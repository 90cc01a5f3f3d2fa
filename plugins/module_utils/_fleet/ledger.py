# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control host knows of a fleet's use of images, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Mapping, Set, Tuple

DEFAULT_HOST_GRACE = 7 * 86400
DEFAULT_IN_USE_GRACE = 30 * 86400

# Digest -> host -> epoch seconds.
Sightings = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Unmapped:
    """An image in use for which its host knows no registry digest: `image` is its ID, `references` the names it has there."""

    image: str
    references: Tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineEntry:
    """One engine of a host.

    `answered` epoch seconds of its last good observation, by its own clock; `images` how many it had; `references` the
    names that services or containers ask for without an image being there; `unmapped` what no registry digest is known of.
    """

    answered: int
    name: str = ""
    images: int = 0
    references: Tuple[str, ...] = ()
    unmapped: Tuple[Unmapped, ...] = ()


@dataclass(frozen=True)
class HostEntry:
    """One host: `answered` epoch seconds when all of its engines last answered, 0 for never; `current` whether in the last run."""

    answered: int = 0
    current: bool = False
    engines: Mapping[str, EngineEntry] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """Images on all of its engines, an image on two of them counted twice."""
        return sum(engine.images for engine in self.engines.values())


@dataclass(frozen=True)
class SourceEntry:
    """One file of `protect_from`.

    `read` and `modified` epoch seconds, `size` bytes, `count` the references and digests that it had when it was last
    believed; the names themselves are canonical, `repositories` are names without tag and digest.
    """

    read: int
    modified: int
    size: int
    count: int
    references: Tuple[str, ...] = ()
    repositories: Tuple[str, ...] = ()
    digests: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """Everything that is remembered between runs.

    `started`, `last_run` and `last_complete` epoch seconds of the control host, 0 for never; `problems` why the last run was
    not complete; `expected` the hosts that were expected in the last complete run; `digests` when each host last used an
    image of that digest, `released` when a host deleted it because a registry still served it (S1); graces in seconds. `names`
    tells for those of `digests` what hosts call the image (see Observation); a ledger of an older release tells nothing.
    """

    started: int
    last_run: int
    last_complete: int = 0
    complete: bool = False
    problems: Tuple[str, ...] = ()
    host_grace: int = DEFAULT_HOST_GRACE
    in_use_grace: int = DEFAULT_IN_USE_GRACE
    expected: Tuple[str, ...] = ()
    hosts: Mapping[str, HostEntry] = field(default_factory=dict)
    digests: Sightings = field(default_factory=dict)
    released: Sightings = field(default_factory=dict)
    names: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)

    @property
    def references(self) -> Mapping[str, Tuple[str, ...]]:
        """Names in use, with who says so: files of `protect_from`, and hosts whose services or containers ask for them."""
        found: Dict[str, Set[str]] = {}
        for path, source in self.sources.items():
            for name in source.references:
                found.setdefault(name, set()).add(path)
        for host, entry in self.hosts.items():
            for engine in entry.engines.values():
                # What no registry digest is known of can only be found by its name.
                for name in (*engine.references, *(name for image in engine.unmapped for name in image.references)):
                    found.setdefault(name, set()).add("host " + host)
        return _sorted(found)

    @property
    def repositories(self) -> Mapping[str, Tuple[str, ...]]:
        """Names without tag and digest, which stand for every tag as in `protect`, with the files that name them."""
        found: Dict[str, Set[str]] = {}
        for path, source in self.sources.items():
            for name in source.repositories:
                found.setdefault(name, set()).add(path)
        return _sorted(found)


def _sorted(found: Mapping[str, Set[str]]) -> Mapping[str, Tuple[str, ...]]:
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
