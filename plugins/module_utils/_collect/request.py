# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of registry_garbage_collect, parsed and checked before anything is contacted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import absolute_path
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR

DEFAULT_SERVICE = "docker-registry"
DEFAULT_UNDO_WINDOW = "7d"
DEFAULT_QUIET_PERIOD = "15m"
DEFAULT_COLLECT_TIMEOUT = "1h"
DEFAULT_CANARY = "imagefleet-canary"
ALL, SAMPLE = "all", "sample"
VERIFY = (SAMPLE, ALL)
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:._-]*")


@dataclass(frozen=True)
class CollectRequest:
    """The options of one run, parsed. Durations in seconds."""

    registry: RegistryOptions
    service: str = DEFAULT_SERVICE
    storage_path: Optional[str] = None
    undo_dir: str = DEFAULT_UNDO_DIR
    undo_window: int = 7 * 86400
    quiet_period: int = 900
    state_dir: str = DEFAULT_STATE_DIR
    collect_timeout: int = 3600
    canary_repository: str = DEFAULT_CANARY
    verify: str = SAMPLE


def parse_collect_options(options: Mapping[str, Any]) -> CollectRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    registry = make_registry_options(options)
    timeout = _duration("collect_timeout", options.get("collect_timeout"), DEFAULT_COLLECT_TIMEOUT)
    if timeout < 1:
        raise PolicyError("collect_timeout: the collection needs a limit, for example 1h")
    return CollectRequest(
        registry=registry,
        service=_service(options.get("service") or DEFAULT_SERVICE),
        storage_path=absolute_path("storage_path", options["storage_path"]) if options.get("storage_path") else None,
        undo_dir=absolute_path("undo_dir", options.get("undo_dir") or DEFAULT_UNDO_DIR),
        undo_window=_duration("undo_window", options.get("undo_window"), DEFAULT_UNDO_WINDOW),
        quiet_period=_duration("quiet_period", options.get("quiet_period"), DEFAULT_QUIET_PERIOD),
        state_dir=absolute_path("state_dir", options.get("state_dir") or DEFAULT_STATE_DIR),
        collect_timeout=timeout,
        canary_repository=_canary(options.get("canary_repository") or DEFAULT_CANARY),
        verify=_verify(options.get("verify") or SAMPLE),
    )


def _service(value: Any) -> str:
    name = str(value).strip()
    if not _UNIT.fullmatch(name):
        raise PolicyError("service: %r is not the name of a systemd service, such as docker-registry" % name)
    return name if name.endswith(".service") else name + ".service"


def _duration(name: str, value: Any, default: str) -> int:
    try:
        return parse_duration(default if value in (None, "") else value)
    except PolicyError as error:
        raise PolicyError("%s: %s" % (name, error)) from error


def _canary(value: Any) -> str:
    try:
        reference = parse_reference("registry.invalid/%s" % value)
    except PolicyError as error:
        raise PolicyError("canary_repository: %s" % error) from error
    if reference.tag or reference.digest:
        raise PolicyError("canary_repository: %r names a tag or digest; write a repository alone" % (value,))
    return reference.path


def _verify(value: Any) -> str:
    if str(value) not in VERIFY:
        raise PolicyError("verify: %r is none of %s" % (value, ", ".join(VERIFY)))
    return str(value)
