# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at an engine, joined with what earlier runs remember, as facts for the plan."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, List, Mapping, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.build_cache import ask_cache_held
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.details import NO_DETAILS, Details, read_details
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.events import (
    NAME_MOVES,
    USES,
    Event,
    read_events,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.listing import (
    read_containers,
    read_engine,
    read_images,
    read_services,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.local_files import LocalFiles, open_local_files
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.trust import distrust
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.chains import settle
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    CONTAINERD,
    ContainerFacts,
    EngineFacts,
    HostFacts,
    ImageFacts,
    Layer,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.sampling import (
    event_sightings,
    sightings,
    watched_since,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import EngineState, ImageRecord, load_state


@dataclass(frozen=True)
class Look:
    """The facts, the state they were joined with, and the local monotonic time just before the engine was asked for its clock."""

    facts: HostFacts
    state: EngineState
    looked_at: float


def look(api: EngineApi, state_file: str) -> Look:
    """Ask the engine (info, images, containers, events since the last run, services of a manager, details of new images)."""
    # Before the question: whoever adds the time passed since to the engine's answer never lags behind its clock.
    looked_at = time.monotonic()
    engine = read_engine(api)
    loaded = load_state(state_file, engine.id)
    state = loaded.state
    listed = read_images(api, engine)
    containers = read_containers(api, engine.now)
    services = read_services(api) if engine.manager else ()
    events = _events(api, state, engine)
    notes: List[str] = [loaded.note] if loaded.note else []
    local = _local_files(api, engine, listed)
    details = _details(api, state, listed)
    images = _with_history(listed, state, details, local, engine, events)
    since = watched_since(state.sampled_since, state.last_run, engine.now)
    if since == engine.now:
        notes.append(
            "use of images is sampled from now on; rules on last_used find nothing before they have watched long enough"
        )
    index = NameIndex(images)
    used = sightings(containers, index, engine.now)
    for image, moment in event_sightings(
        [(event.names, event.time) for event in events if event.action in USES], index
    ).items():
        used[image] = max(used.get(image, 0), min(moment, engine.now))
    images = tuple(replace(image, last_used=_latest(image.last_used, used.get(image.id))) for image in images)
    facts = HostFacts(
        engine=engine,
        images=images,
        containers=containers,
        services=services,
        cache_held=local.cache_digests() if local else ask_cache_held(api),
        orphan_held=_orphan_held(containers, index, local),
        sampled_since=since,
        clock_distrust=distrust(read_clock(engine.now), state.last_run, state.boot_id, state.boot_seconds),
        notes=tuple(notes),
    )
    return Look(facts, state, looked_at)


def _events(api: EngineApi, state: EngineState, engine: EngineFacts) -> Tuple[Event, ...]:
    if not state.last_run or state.last_run >= engine.now:
        return ()
    return read_events(api, str(state.last_run), str(engine.now))


def _local_files(api: EngineApi, engine: EngineFacts, images: Tuple[ImageFacts, ...]) -> Optional[LocalFiles]:
    if not api.is_local:
        return None
    driver = None if engine.store == CONTAINERD else engine.store
    return open_local_files(engine.root, engine.id, driver, [image.id for image in images])


def _details(api: EngineApi, state: EngineState, images: Tuple[ImageFacts, ...]) -> Dict[str, Details]:
    """Layers of every image: immutable, so an image that a run has recorded is never asked about again."""
    found: Dict[str, Details] = {}
    unknown: List[str] = []
    for image in images:
        record = state.images.get(image.id)
        if record is None or record.layers is None:
            unknown.append(image.id)
        else:
            layers = tuple(Layer(chain, size) for chain, size in record.layers)
            content = record.content or {}
            found[image.id] = Details(layers, int(content.get("total") or 0), None, content.get("parent"))
    found.update(read_details(api, unknown))
    return found


def _with_history(
    listed: Tuple[ImageFacts, ...],
    state: EngineState,
    details: Mapping[str, Details],
    local: Optional[LocalFiles],
    engine: EngineFacts,
    events: Tuple[Event, ...],
) -> Tuple[ImageFacts, ...]:
    layers = {image: detail.layers for image, detail in details.items() if detail.layers is not None}
    if local is not None:
        layers = {image: tuple(_measured(layer, local) for layer in chain) for image, chain in layers.items()}
    settled = settle(layers, {image: detail.total for image, detail in details.items()})
    moved = event_sightings(
        [(event.names, event.time) for event in events if event.action in NAME_MOVES], NameIndex(listed)
    )
    images = []
    for image in listed:
        record = state.images.get(image.id)
        detail = details.get(image.id, NO_DETAILS)
        arrived, source = _arrival(image.id, record, detail, local, engine, moved.get(image.id))
        # The engine lists the manifests of an index, its files the configurations as well.
        members = tuple(dict.fromkeys((*image.members, *(local.members(image.id) if local else ()))))
        images.append(
            replace(
                image,
                parent=image.parent or detail.parent,
                layers=settled.get(image.id),
                blobs=local.blobs(image.id) if local else None,
                members=members,
                arrived=arrived,
                arrived_source=source,
                tag_arrived=_name_arrivals(image, record, engine.now),
                last_used=record.last_used if record else None,
            )
        )
    return tuple(images)


def _measured(layer: Layer, local: LocalFiles) -> Layer:
    return layer if layer.size is not None else Layer(layer.chain, local.layer_size(layer.chain))


def _arrival(
    image: str,
    record: Optional[ImageRecord],
    detail: Details,
    local: Optional[LocalFiles],
    engine: EngineFacts,
    moved: Optional[int],
) -> Tuple[int, str]:
    """When this host first had the image, and how that is known; never earlier than any source allows.

    The image may have been deleted and pulled again since the state saw it, so its file's time wins, and without files a
    pull or load since the last run.
    """
    stored = local.arrival(image) if local else None
    if engine.store != CONTAINERD and stored is not None:
        return stored, "time of the image's file"
    if record is not None:
        later = stored if stored is not None else moved
        return max(record.arrived, later or 0), "first seen by an earlier run"
    if engine.store == CONTAINERD and detail.tagged is not None:
        return min(detail.tagged, engine.now), "the engine's record"
    return engine.now, "first seen by this run"


def _name_arrivals(image: ImageFacts, record: Optional[ImageRecord], now: int) -> Dict[str, int]:
    """When each name was first seen, for images that an earlier run knew under other names."""
    if record is None:
        return {}
    return {name: record.names.get(name, now) for name in (*image.tags, *image.digests)}


def _orphan_held(
    containers: Tuple[ContainerFacts, ...], index: NameIndex, local: Optional[LocalFiles]
) -> Optional[FrozenSet[str]]:
    """Layer chains below containers whose image is gone; None when there are such containers and nothing tells their layers."""
    chains: Set[str] = set()
    for container in containers:
        if index.find(container.image_id):
            continue
        below = local.chains_below(container.id) if local else None
        if below is None:
            return None
        chains.update(below)
    return frozenset(chains)


def _latest(one: Optional[int], other: Optional[int]) -> Optional[int]:
    moments = [moment for moment in (one, other) if moment is not None]
    return max(moments) if moments else None
