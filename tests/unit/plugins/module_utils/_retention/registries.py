# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of a registry, made up in few words."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    CONFIG_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.rules import REGISTRY
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import (
    FleetUse,
    RegistryFacts,
    RepositoryFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.make import make_plan
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan, Row

NOW = 1_700_000_000
DAY = 86400
NAME = "registry.example.com"
ALL = [{"repositories": "**"}]
CACHE_TYPE = "application/vnd.buildkit.cacheconfig.v0"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def ago(days: Optional[float]) -> Clock:
    return Clock(None if days is None else int(NOW - days * DAY), True, "pushed")


def blob(name: str, size: int = 0, kind: str = LAYER_TYPE) -> Descriptor:
    return Descriptor(digest("blob " + name), size, kind)


def entry(manifest: Manifest) -> Descriptor:
    """How an index names a manifest."""
    return Descriptor(manifest.digest, manifest.size, manifest.media_type)


def image(
    name: str,
    layers: Sequence[Tuple[str, int]] = (),
    subject: Optional[str] = None,
    size: int = 1,
    config: Optional[Descriptor] = None,
) -> Manifest:
    """An image manifest of `size` bytes; its config is empty, its layers are (name, size)."""
    config = config or blob("config of " + name, 0, CONFIG_TYPES[0])
    blobs = (config,) + tuple(blob(layer, bytes_) for layer, bytes_ in layers)
    return Manifest(digest(name), OCI_MANIFEST, size, config, blobs, subject=subject)


def index(
    name: str,
    children: Sequence[Manifest],
    caches: Sequence[Tuple[str, int]] = (),
    subject: Optional[str] = None,
    size: int = 1,
) -> Manifest:
    """An index; `caches` are entries that are no manifests, as BuildKit writes them."""
    blobs = tuple(blob(one, bytes_, CACHE_TYPE) for one, bytes_ in caches)
    return Manifest(digest(name), OCI_INDEX, size, None, blobs, tuple(entry(one) for one in children), subject=subject)


def attachment_tag(subject: str, kind: str = "") -> str:
    """`sha256-<hex>` lists referrers; with kind `.sig`, `.att` or `.sbom` it is a tag of cosign's."""
    return subject.replace(":", "-") + kind


class Repository:
    """Collects manifests and tags; every method returns the manifest that it added."""

    def __init__(self, name: str = "team/app") -> None:
        self.name = name
        self.tags: Dict[str, str] = {}
        self.manifests: Dict[str, Manifest] = {}
        self.arrived: Dict[str, Clock] = {}
        self.leftovers: Dict[str, int] = {}

    def add(self, manifest: Manifest, *tags: str, days: Optional[float] = 100) -> Manifest:
        """`days` ago is when the tags arrived."""
        self.manifests[manifest.digest] = manifest
        for tag in tags:
            self.tags[tag] = manifest.digest
            self.arrived[tag] = ago(days)
        return manifest

    def image(self, name: str, *tags: str, days: Optional[float] = 100, **more: Any) -> Manifest:
        return self.add(image(name, **more), *tags, days=days)

    def index(
        self, name: str, *tags: str, children: Sequence[Manifest] = (), days: Optional[float] = 100, **more: Any
    ) -> Manifest:
        return self.add(index(name, children, **more), *tags, days=days)

    def referrer(self, name: str, of: Manifest, *tags: str, days: Optional[float] = 100, **more: Any) -> Manifest:
        return self.add(image(name, subject=of.digest, **more), *tags, days=days)

    def signature(self, name: str, of: str, kind: str = ".sig", **more: Any) -> Manifest:
        """What cosign attaches to the digest `of` by a tag."""
        return self.add(image(name, **more), attachment_tag(of, kind))

    def fallback(self, name: str, of: Manifest, *referrers: Manifest) -> Manifest:
        """The index that lists referrers where the registry has no API for it."""
        return self.add(index(name, referrers), attachment_tag(of.digest))

    def leftover(self, manifest: Manifest, days: float = 100) -> Manifest:
        """A manifest that lost its last tag `days` ago."""
        self.leftovers[manifest.digest] = int(NOW - days * DAY)
        return self.add(manifest)

    def facts(self, **more: Any) -> RepositoryFacts:
        fields: Dict[str, Any] = {
            "name": self.name,
            "tags": self.tags,
            "manifests": self.manifests,
            "leftovers": self.leftovers,
            "arrived": self.arrived,
        }
        fields.update(more)
        return RepositoryFacts(**fields)


def registry(*repositories: Any, **more: Any) -> RegistryFacts:
    """Of repositories or their facts."""
    facts = tuple(one.facts() if isinstance(one, Repository) else one for one in repositories)
    fields: Dict[str, Any] = {"name": NAME, "now": NOW, "repositories": facts, "complete": True}
    fields.update(more)
    return RegistryFacts(**fields)


def used(*digests: str, references: Sequence[str] = (), **more: Any) -> FleetUse:
    return FleetUse(dict.fromkeys(digests, "host a"), dict.fromkeys(references, "host b"), **more)


def plan(
    *repositories: Any,
    delete: Any = tuple(ALL),
    options: Optional[Mapping[str, Any]] = None,
    minimum_kept: int = 0,
    minimum_age: str = "0s",
    keep: Any = None,
    protect: Any = None,
    **more: Any,
) -> Plan:
    """Unless told otherwise everything may go; `options` are those of `make_plan`, `more` are facts of the registry."""
    policy = parse_policy(keep=keep, delete=delete, protect=protect, minimum_age=minimum_age, target=REGISTRY)
    return make_plan(registry(*repositories, **more), policy, minimum_kept, **dict(options or {}))


def key(row: Row) -> str:
    return row.tag if row.tag is not None else row.digest


def going(made: Plan) -> List[str]:
    """Tags, or digests of what has none, that go now."""
    return [key(row) for row in made.rows if row.outcome == "planned"]


def staying(made: Plan) -> List[str]:
    return sorted(key(row) for row in made.rows if row.action == "keep")


def row_of(made: Plan, name: str) -> Row:
    (row,) = [row for row in made.rows if key(row) == name]
    return row


def deleted(made: Plan) -> List[str]:
    """Digests of manifests that are deleted, in order."""
    return [one for unit in made.units for one in unit.order]
