# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys of a client configuration mean a registry: docker and podman write them differently, and older versions again."""

from __future__ import annotations

from typing import Iterable, List, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import DOCKER_HUB, DOCKER_HUB_API

# The one that docker writes comes first.
HUB_KEYS = ("https://index.docker.io/v1/", DOCKER_HUB, "index.docker.io", DOCKER_HUB_API)
_HUB_HOSTS = HUB_KEYS[1:]
_SCHEMES = ("https://", "http://")
_APIS = ("v1/", "v2/")


def documented_keys(registry: str) -> Tuple[str, ...]:
    """Those under which helpers know a registry, the best first."""
    return HUB_KEYS if registry == DOCKER_HUB else (registry,)


def matching_keys(registry: str, repository: str, keys: Iterable[str]) -> List[str]:
    """The keys that mean a repository (empty: the registry as a whole), the most specific first.

    `host/path` is for the repositories at and below that path (containers-auth.json); a key with a scheme, whatever path its address
    has, is for the host (docker's command line).
    """
    host = _host(registry)
    best = documented_keys(registry) + tuple(scheme + registry for scheme in _SCHEMES)
    found = []
    for place, key in enumerate(keys):
        own_host, path = _split(key)
        if own_host == host and (not path or (repository + "/").startswith(path + "/")):
            rank = best.index(key) if key in best else len(best)
            found.append((-len(path), rank, place, key))
    return [key for _length, _rank, _place, key in sorted(found)]


def _split(key: str) -> Tuple[str, str]:
    """(host, path of repositories) of a key."""
    for scheme in _SCHEMES:
        if key.startswith(scheme):
            return _host(key[len(scheme) :].partition("/")[0]), ""
    host, _slash, path = key.partition("/")
    return _host(host), "" if path in _APIS else path.strip("/")


def _host(text: str) -> str:
    return DOCKER_HUB if text.lower() in _HUB_HOSTS else text.lower()
