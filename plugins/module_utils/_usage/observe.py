# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one engine has and uses, as plain data that the fleet's ledger joins with that of the others."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look, look
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import DEFAULT_STATE_FILE
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import parse_engine_options
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    ContainerFacts,
    HostFacts,
    ImageFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import NameIndex, digests_of, find_users

SCHEMA = 1


def observe(options: Mapping[str, Any]) -> Dict[str, Any]:
    """Look at one engine and tell what it has and uses; writes nothing.

    Raises PolicyError for options that cannot be, EngineError when the engine does not answer, StateError when the state
    file may not be read.
    """
    api = EngineApi(parse_engine_options(options))
    return {"changed": False, "usage": tell_usage(look(api, options.get("state_file") or DEFAULT_STATE_FILE))}


def tell_usage(seen: Look) -> Dict[str, Any]:
    """The observation. No environment, argument or label of a container is in it (S12)."""
    facts = seen.facts
    users = find_users(facts)
    return {
        "schema": SCHEMA,
        "engine_id": facts.engine.id,
        "engine_name": facts.engine.name,
        "store": facts.engine.store,
        "observed": iso(facts.engine.now),
        "clock_offset_seconds": _clock_offset(seen),
        "sampled_since": iso(facts.sampled_since),
        "images": [_image(image, users.get(image.id, ())) for image in facts.images],
        "containers_without_image": _without_image(facts),
        "service_images": _service_images(facts),
        "released": [{"digest": digest, "at": iso(moment)} for digest, moment in sorted(seen.state.released.items())],
        "notes": list(facts.notes),
    }


def _clock_offset(seen: Look) -> float:
    """Seconds by which the engine's clock is ahead of this machine's; what the answer took counts as ahead."""
    asked = time.time() - (time.monotonic() - seen.looked_at)
    return round(seen.facts.engine.clock - asked, 1)


def _image(image: ImageFacts, users: Sequence[str]) -> Dict[str, Any]:
    return {
        "id": image.id,
        "references": sorted({*image.tags, *image.pinned}),
        "repo_digests": sorted(image.digests),
        "digests": list(digests_of(image)),
        "used_by": list(users),
        "last_used": iso(image.last_used),
    }


def _without_image(facts: HostFacts) -> List[Dict[str, Any]]:
    """Containers that were made from, or mount, what the engine no longer lists; they still cannot do without it."""
    index = NameIndex(facts.images)
    found = []
    for container in facts.containers:
        gone = sorted({name for name in _needs(container) if name and not index.find(name)})
        if gone:
            found.append(
                {
                    "container": container.name,
                    "state": container.state,
                    "image": container.image_id or container.image,
                    "reference": container.image or None,
                    "digests": [name for name in gone if is_digest(name)],
                    "references": [name for name in gone if not is_digest(name)],
                }
            )
    return sorted(found, key=lambda entry: str(entry["container"]))


def _needs(container: ContainerFacts) -> List[str]:
    # A mounted image may also be told by the folder it is mounted from.
    mounts = [name for name in container.mounts if not name.startswith("/")]
    return [container.image_id, container.manifest or "", *mounts]


def _service_images(facts: HostFacts) -> List[str]:
    return sorted({image for service in facts.services for image in (service.current, service.previous) if image})
