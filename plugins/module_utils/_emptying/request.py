# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the clean-up of a cache, parsed and checked before anything is contacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import CacheNames, cache_names
from ansible_collections.imagefleet.docker.plugins.module_utils._caching.policy import CachePolicy, parse_cache_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)


@dataclass(frozen=True)
class CacheRequest:
    """`registry` is the cache as it is reached on its own host; `probe` is pulled through it as proof."""

    names: CacheNames
    registry: RegistryOptions
    storage_path: str
    policy: CachePolicy
    probe: Optional[Reference] = None


def parse_cache_options(options: Mapping[str, Any]) -> CacheRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    names = cache_names(options.get("cache"))
    path = str(options.get("storage_path") or names.storage)
    if not path.startswith("/") or "\n" in path:
        raise PolicyError("storage_path: %r is not an absolute path" % path)
    return CacheRequest(
        names=names,
        registry=make_registry_options(options),
        storage_path=path.rstrip("/"),
        policy=parse_cache_policy(options),
        probe=_probe(options["probe"]) if options.get("probe") else None,
    )


def _probe(value: Any) -> Reference:
    """A repository of the upstream with a tag, without a registry: `library/debian:12`."""
    try:
        found = parse_reference("registry.invalid/%s" % value)
    except PolicyError as error:
        raise PolicyError("probe: %s" % error) from error
    if not (found.tag or found.digest):
        raise PolicyError("probe: %r has no tag; write for example library/debian:12" % (value,))
    return found
