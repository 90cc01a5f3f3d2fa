# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one engine at one moment; every plan is a function of these values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Mapping, Optional, Tuple

CONTAINERD = "containerd"


@dataclass(frozen=True)
class Layer:
    """One node of the layer graph: `chain` names the layer with all below it; `size` in bytes, None when not known."""

    chain: str
    size: Optional[int]


@dataclass(frozen=True)
class ImageFacts:
    """One image of the engine.

    `tags` and `digests` are canonical references; `pinned` are those digests that are names of their own, which a user may
    have asked for and which keep the image when its tags go; `created` epoch seconds of the build, None when absent;
    `arrived` epoch seconds when this host first had it, None when nothing tells; `layers` base first, None when unknown;
    `blobs` maps content digest to bytes (containerd store, where readable); `members` are other digests that mean this
    content (manifests of an index). `tag_arrived` tells when a name was first seen here, if later than the image.
    """

    id: str
    tags: Tuple[str, ...] = ()
    digests: Tuple[str, ...] = ()
    pinned: Tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    created: Optional[int] = None
    parent: Optional[str] = None
    size: int = 0
    layers: Optional[Tuple[Layer, ...]] = None
    blobs: Optional[Mapping[str, int]] = None
    members: Tuple[str, ...] = ()
    arrived: Optional[int] = None
    arrived_source: str = ""
    tag_arrived: Mapping[str, int] = field(default_factory=dict)
    last_used: Optional[int] = None


@dataclass(frozen=True)
class ContainerFacts:
    """One container in any state. `image` is the reference as typed; `finished` epoch seconds, newest possible, for one that does not run."""

    id: str
    name: str
    image_id: str
    image: str = ""
    state: str = ""
    manifest: Optional[str] = None
    mounts: Tuple[str, ...] = ()
    created: Optional[int] = None
    finished: Optional[int] = None


@dataclass(frozen=True)
class ServiceFacts:
    """A swarm service: the images of its current and its previous definition (needed for a rollback)."""

    name: str
    current: str
    previous: Optional[str] = None


@dataclass(frozen=True)
class EngineFacts:
    """The engine itself.

    `store` is `containerd` or the name of the graph driver (`overlay2`); `now` is the engine's own clock in epoch seconds,
    `clock` the same with its fraction; `root` its data directory. `swarm_node` is its node ID in a swarm, `swarm_managers`
    the node IDs of the managers it knows.
    """

    id: str
    name: str
    version: str
    api_version: str
    store: str
    now: int
    root: str
    manager: bool = False
    swarm_node: str = ""
    swarm_managers: Tuple[str, ...] = ()
    clock: float = 0.0


@dataclass(frozen=True)
class HostFacts:
    """Everything that a plan for one host depends on.

    `cache_held` are layer chains and content digests that the build cache may hold as well, None when that is not known;
    `orphan_held` are chains held by containers whose image is gone; `sampled_since` epoch seconds since when use has been
    watched without a long gap; `clock_distrust` says in plain words why ages must not decide (S11).
    """

    engine: EngineFacts
    images: Tuple[ImageFacts, ...]
    containers: Tuple[ContainerFacts, ...] = ()
    services: Tuple[ServiceFacts, ...] = ()
    cache_held: Optional[FrozenSet[str]] = frozenset()
    orphan_held: Optional[FrozenSet[str]] = frozenset()
    sampled_since: Optional[int] = None
    clock_distrust: Optional[str] = None
    notes: Tuple[str, ...] = ()
