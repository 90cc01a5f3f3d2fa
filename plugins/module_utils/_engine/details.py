# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be asked image by image: layers with their sizes, and when the containerd store recorded the image."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.times import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, EngineUnreachable
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.chains import align, chain_ids
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import Layer

THREADS = 4  # more do not pay: the engine serialises most of the work


@dataclass(frozen=True)
class Details:
    """`layers` base first, None when the engine did not tell; `total` bytes of all history entries; `tagged` epoch seconds of
    the newest record of any name; `parent` id of the image it was built on by the classic builder."""

    layers: Optional[Tuple[Layer, ...]]
    total: int = 0
    tagged: Optional[int] = None
    parent: Optional[str] = None


NO_DETAILS = Details(None)


class PerThread:
    """One engine connection per thread of a pool."""

    def __init__(self, api: EngineApi) -> None:
        self._api = api
        self._local = threading.local()

    def get(self) -> EngineApi:
        if not hasattr(self._local, "api"):
            self._local.api = self._api.twin()
        connection: EngineApi = self._local.api
        return connection


def read_details(api: EngineApi, images: Sequence[str]) -> Dict[str, Details]:
    """One inspect and one history per image, a few at a time; an image that vanished meanwhile has no details."""
    if not images:
        return {}
    connections = PerThread(api)

    def read(image: str) -> Details:
        return _read_one(connections.get(), image)

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        return dict(zip(images, pool.map(read, images)))


def _read_one(api: EngineApi, image: str) -> Details:
    try:
        inspected = api.request("GET", image_path(image, "/json"))
        history = api.request("GET", image_path(image, "/history")) or []
    except EngineUnreachable:
        raise
    except EngineError:
        return NO_DETAILS
    diff_ids: List[str] = (inspected.get("RootFS") or {}).get("Layers") or []
    # The history comes newest first; the chain begins at the base.
    entries = [int(entry.get("Size") or 0) for entry in reversed(history)]
    sizes = align(len(diff_ids), entries)
    return Details(
        layers=tuple(Layer(chain, size) for chain, size in zip(chain_ids(diff_ids), sizes)),
        total=sum(entries),
        tagged=parse_time((inspected.get("Metadata") or {}).get("LastTagTime")),
        parent=inspected.get("Parent") or None,
    )
