# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a cleanup is asked to do, checked before anything is contacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import (
    EngineOptions,
    parse_engine_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.limits import Limit, parse_count, parse_limit
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import Pressure, parse_pressure
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._store.protect_file import read_protect_file

DEFAULT_STATE_FILE = "/var/lib/imagefleet/state.json"
DEFAULT_MINIMUM_AGE = "24h"


@dataclass(frozen=True)
class CleanupRequest:
    """The options of one run, parsed."""

    engine: EngineOptions
    policy: Policy
    pressure: Optional[Pressure] = None
    storage_path: Optional[str] = None
    max_deletions: Optional[int] = None
    refuse_above: Optional[Limit] = None
    require_restorable: bool = False
    expect_plan: Optional[str] = None
    state_file: str = DEFAULT_STATE_FILE
    registries: Tuple[Mapping[str, Any], ...] = ()
    config_path: Optional[str] = None


def parse_options(options: Mapping[str, Any]) -> CleanupRequest:
    """Check the options of `image_prune_policy`; raises PolicyError naming option, value, cause and what is accepted."""
    engine = parse_engine_options(options)
    pressure = parse_pressure(options.get("pressure"))
    storage_path = options.get("storage_path") or None
    if engine.socket_path is None and (pressure or storage_path):
        raise PolicyError(
            "%s: the engine at %s is remote, so its file system cannot be measured from here; run the task on that host"
            % ("pressure" if pressure else "storage_path", engine.docker_host)
        )
    protect: List[Any] = parse_list("protect", options.get("protect"))
    protect += read_protect_file(options.get("protect_file"))
    minimum_age = options.get("minimum_age")
    return CleanupRequest(
        engine=engine,
        policy=parse_policy(
            keep=options.get("keep"),
            delete=options.get("delete"),
            protect=protect,
            minimum_age=DEFAULT_MINIMUM_AGE if minimum_age in (None, "") else minimum_age,
            target="host",
        ),
        pressure=pressure,
        storage_path=storage_path,
        max_deletions=parse_count("max_deletions", options.get("max_deletions")),
        refuse_above=parse_limit("refuse_above", options.get("refuse_above")),
        require_restorable=bool(options.get("require_restorable")),
        expect_plan=options.get("expect_plan") or None,
        state_file=options.get("state_file") or DEFAULT_STATE_FILE,
        registries=tuple(_registries(options.get("registries"))),
        config_path=options.get("config_path") or None,
    )


def _registries(value: Any) -> List[Dict[str, Any]]:
    found = []
    for position, entry in enumerate(parse_list("registries", value)):
        if not isinstance(entry, Mapping) or not entry.get("registry"):
            raise PolicyError("registries[%d]: %r has no 'registry' (host or host:port)" % (position, _shown(entry)))
        known = {key: entry[key] for key in entry if entry[key] is not None}
        make_registry_options(known, "registries[%d]." % position)
        found.append(known)
    return found


def _shown(entry: Any) -> Any:
    """The entry without values that may be secret."""
    return sorted(entry) if isinstance(entry, Mapping) else type(entry).__name__
