# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cache lives, and whether it is one of ours: everything that is not proven to be is left alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import (
    MARKER,
    Upstream,
    marked,
    upstream_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._collection import settings
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.request import CacheRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAX_CONFIG = 1024 * 1024
MAX_MARKER = 64 * 1024
# The last word of every refusal: what is not ours is not touched.
_LEFT = "Nothing was touched; the role registry_mirror makes the caches that are emptied"


@dataclass(frozen=True)
class Place:
    """One cache on this host."""

    storage: str
    upstream: Upstream

    def path(self, name: str) -> str:
        return os.path.join(self.storage, name)


def find_place(request: CacheRequest) -> Place:
    """Raises RefusedError unless marker, configuration and storage all say that this is that cache."""
    names, storage = request.names, request.storage_path
    text = (read_capped(names.config, MAX_CONFIG) or b"").decode("utf-8", "replace")
    upstream = upstream_of(text) if settings.is_pull_through(text, {}) else None
    problem = _problem(names.name, storage, text, upstream)
    if problem is not None or upstream is None:
        raise RefusedError("cache %s: %s. %s" % (names.name, problem, _LEFT))
    return Place(storage, upstream)


def _problem(name: str, storage: str, text: str, upstream: Optional[Upstream]) -> Optional[str]:
    if upstream is None:
        return "there is no configuration of a pull-through cache (proxy with remoteurl) of that name on this host"
    if os.path.islink(storage) or not os.path.isdir(storage):
        return "%s is no folder" % storage
    if settings.storage_path(text, {}) != storage:
        return "its configuration keeps the content in another place than %s" % storage
    found = marked(read_capped(os.path.join(storage, MARKER), MAX_MARKER))
    if found != name:
        told = "no marker of a cache" if found is None else "the marker of cache %s" % found
        return "%s holds %s, so what lies there may be somebody's only copy" % (storage, told)
    return None
