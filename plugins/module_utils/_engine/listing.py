# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's lists as facts: itself, its images, containers and services; one call each."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.times import parse_ended, parse_moment
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    CONTAINERD,
    ContainerFacts,
    EngineFacts,
    ImageFacts,
    ServiceFacts,
)

MANIFESTS_SINCE = (1, 47)
ENDED = ("exited", "dead", "created")


def read_engine(api: EngineApi) -> EngineFacts:
    """`GET /info`: identity, image store and clock."""
    info = api.info()
    swarm = info.get("Swarm") or {}
    now = parse_moment(info.get("SystemTime"))
    if now is None:
        raise EngineError(
            "The engine does not tell its time (SystemTime %r); ages cannot be computed." % info.get("SystemTime")
        )
    return EngineFacts(
        id=str(info.get("ID") or ""),
        name=str(info.get("Name") or ""),
        version=str(info.get("ServerVersion") or ""),
        api_version=api.version_text,
        store=CONTAINERD if keeps_in_containerd(info) else str(info.get("Driver") or ""),
        now=int(now),
        clock=now,
        root=str(info.get("DockerRootDir") or ""),
        manager=bool(swarm.get("ControlAvailable")),
        swarm_node=str(swarm.get("NodeID") or "") if swarm.get("LocalNodeState") == "active" else "",
        swarm_managers=tuple(sorted(str(node.get("NodeID")) for node in swarm.get("RemoteManagers") or [])),
    )


def keeps_in_containerd(info: Mapping[str, Any]) -> bool:
    """Whether the engine has the containerd image store, of what `GET /info` answers."""
    status = {str(pair[0]): str(pair[1]) for pair in info.get("DriverStatus") or [] if len(pair) == 2}
    return status.get("driver-type") == "io.containerd.snapshotter.v1"


def read_images(api: EngineApi, engine: EngineFacts) -> Tuple[ImageFacts, ...]:
    """`GET /images/json` with intermediate images; never filtered, since a filter hides the other names of an image."""
    params: Dict[str, Any] = {"all": "1"}
    if engine.store == CONTAINERD and api.version >= MANIFESTS_SINCE:
        params["manifests"] = "1"
    images: Dict[str, ImageFacts] = {}
    for entry in api.request("GET", "/images/json", params) or []:
        image = _image(entry, engine.store)
        seen = images.get(image.id)
        images[image.id] = image if seen is None else _merge(seen, image)
    return tuple(images[key] for key in sorted(images))


def _image(entry: Mapping[str, Any], store: str) -> ImageFacts:
    created = entry.get("Created")
    names = _canonical(entry.get("RepoTags"))
    digests = _canonical(entry.get("RepoDigests"))
    tags = tuple(name for name in names if "@" not in name)
    if store == CONTAINERD:
        # Here a digest that was pulled is listed among the tags; RepoDigests is made up for every tag and names nothing.
        pinned = tuple(name for name in names if "@" in name)
    else:
        # Here nothing tells a digest that was pulled from one that came with a tag, unless it has outlived the tag.
        tagged = {name.rpartition(":")[0] for name in tags}
        pinned = tuple(name for name in digests if name.partition("@")[0] not in tagged)
    return ImageFacts(
        id=str(entry["Id"]),
        tags=tags,
        digests=tuple(sorted({*digests, *pinned})),
        pinned=pinned,
        labels=dict(entry.get("Labels") or {}),
        created=int(created) if isinstance(created, int) and created > 0 else None,
        parent=str(entry["ParentId"]) if entry.get("ParentId") else None,
        size=int(entry.get("Size") or 0),
        members=tuple(str(manifest["ID"]) for manifest in entry.get("Manifests") or [] if manifest.get("ID")),
    )


def _merge(one: ImageFacts, other: ImageFacts) -> ImageFacts:
    """The containerd store may list an image once per name."""
    return ImageFacts(
        id=one.id,
        tags=tuple(sorted({*one.tags, *other.tags})),
        digests=tuple(sorted({*one.digests, *other.digests})),
        pinned=tuple(sorted({*one.pinned, *other.pinned})),
        labels=one.labels or other.labels,
        created=one.created or other.created,
        parent=one.parent or other.parent,
        size=max(one.size, other.size),
        members=one.members or other.members,
    )


def _canonical(names: Any) -> Tuple[str, ...]:
    found: List[str] = []
    for name in names or []:
        if "<none>" in name:
            continue
        try:
            found.append(parse_reference(name).canonical)
        except PolicyError:
            found.append(name)
    return tuple(sorted(found))


def read_containers(api: EngineApi, now: int) -> Tuple[ContainerFacts, ...]:
    """`GET /containers/json` of containers in every state."""
    found = []
    for entry in api.request("GET", "/containers/json", {"all": "1"}) or []:
        state = str(entry.get("State") or "")
        names = entry.get("Names") or []
        created = entry.get("Created")
        descriptor = entry.get("ImageManifestDescriptor") or {}
        found.append(
            ContainerFacts(
                id=str(entry.get("Id") or ""),
                name=str(names[0]).lstrip("/") if names else str(entry.get("Id") or "")[:12],
                image_id=str(entry.get("ImageID") or ""),
                image=str(entry.get("Image") or ""),
                state=state,
                manifest=descriptor.get("digest"),
                mounts=_image_mounts(entry.get("Mounts")),
                created=created if isinstance(created, int) else None,
                finished=parse_ended(str(entry.get("Status") or ""), now) if state in ENDED else None,
            )
        )
    return tuple(found)


def _image_mounts(mounts: Any) -> Tuple[str, ...]:
    found = []
    for mount in mounts or []:
        if mount.get("Type") == "image":
            found += [str(mount[key]) for key in ("Source", "Name") if mount.get(key)]
    return tuple(found)


def read_services(api: EngineApi) -> Tuple[ServiceFacts, ...]:
    """`GET /services` of a manager: current and previous images."""
    found = []
    for entry in api.request("GET", "/services") or []:
        current = _service_image(entry.get("Spec"))
        if current:
            name = str((entry.get("Spec") or {}).get("Name") or entry.get("ID") or "")
            found.append(ServiceFacts(name, current, _service_image(entry.get("PreviousSpec"))))
    return tuple(found)


def _service_image(spec: Any) -> Optional[str]:
    template = (spec or {}).get("TaskTemplate") or {}
    return (template.get("ContainerSpec") or {}).get("Image")
