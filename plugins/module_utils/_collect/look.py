# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a registry and its storage before a collection: what the collector would delete, and what must stay."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.process import Running
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.request import CollectRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.service import Service
from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import (
    is_storage,
    look_at_blobs,
    read_storage,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection import settings
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.damage import damage, not_served
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.facts import Storage, StoredBlob
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.needs import Need, needs_of
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import (
    CollectionPlan,
    make_plan,
    would_break,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import (
    Collection,
    parse_collection,
    parse_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAX_SETTINGS = 4 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """The registry as it runs: its process, the version of its program, and where it keeps its content."""

    running: Running
    version: Tuple[int, int]
    storage_path: str


@dataclass(frozen=True)
class Look:
    """`needs` is what images need and what is there, `present` how it lies on the disk; `missing` was gone before."""

    storage: Storage
    collection: Collection
    garbage: Mapping[str, StoredBlob]
    needs: Mapping[str, Need]
    present: Mapping[str, StoredBlob]
    missing: Mapping[str, Need]

    def plan(self, own: FrozenSet[str]) -> CollectionPlan:
        return make_plan(self.storage, self.collection, self.garbage, frozenset(self.missing), own)


def find_place(request: CollectRequest, service: Service) -> Place:
    """Raises RefusedError for a registry that must not be collected so, StateError when it cannot be looked at."""
    running = service.look()
    told = service.version(running)
    version = parse_version(told)
    if version is None:
        raise RefusedError(
            "%s is not the distribution registry of version 2 or 3 (it says %r); only its garbage collection is known here"
            % (running.program, told.strip()[:100])
        )
    text = (read_capped(running.config_file, MAX_SETTINGS) or b"").decode("utf-8", "replace")
    if settings.is_pull_through(text, running.environment):
        raise RefusedError(
            "%s is a pull-through cache (proxy in %s): its content expires by itself, and is never collected by hand (S13)"
            % (service.names.unit, running.config_file)
        )
    if settings.has_shared_cache(text, running.environment):
        raise RefusedError(
            "%s remembers its blobs in Redis, where a restart does not forget what was collected; set "
            "storage.cache.blobdescriptor to inmemory in %s" % (service.names.unit, running.config_file)
        )
    path = request.storage_path or settings.storage_path(text, running.environment)
    if path is None or not is_storage(path):
        raise RefusedError(
            "%s: %s. Name its folder on this host with storage_path; content in an object store cannot be collected so"
            % (
                running.config_file,
                "no rootdirectory is told" if path is None else "no registry keeps its content in %s" % path,
            )
        )
    return Place(running, version, os.path.abspath(path))


def look(place: Place, service: Service, limit: int) -> Look:
    """Raises RefusedError when the collector must not run, RegistryError when it cannot."""
    storage = read_storage(place.storage_path)
    needs = needs_of(storage)
    present = look_at_blobs(place.storage_path, needs)
    there = {digest: need for digest, need in needs.items() if digest in present}
    _refuse(damage(storage))
    collection = read_collection(service.collect(place.running, limit, dry_run=True))
    _refuse(not_served(storage, collection))
    _refuse(would_break(collection, there))
    garbage = look_at_blobs(place.storage_path, collection.blobs)
    missing = {digest: need for digest, need in needs.items() if digest not in present}
    return Look(storage, collection, garbage, there, present, missing)


def _refuse(problem: Optional[str]) -> None:
    if problem is not None:
        raise RefusedError(problem)


def read_collection(text: str) -> Collection:
    """Raises RegistryError for what no known collector prints."""
    found = parse_collection(text)
    if found is None:
        raise RegistryError(
            "the registry's collector printed something that is not known (%r ...), so what it does cannot be checked"
            % text.strip()[:200]
        )
    return found


def lost(place: Place, seen: Look) -> List[str]:
    """What images need, was there, and is not any more, or not whole: told with who needs it. One stat(2) each."""
    now: Dict[str, StoredBlob] = look_at_blobs(place.storage_path, seen.needs)
    found = []
    for digest, need in seen.needs.items():
        blob: Optional[StoredBlob] = now.get(digest)
        if blob is None or blob.size != seen.present[digest].size:
            found.append("%s, which %s needs" % (digest, need.by))
    return found
