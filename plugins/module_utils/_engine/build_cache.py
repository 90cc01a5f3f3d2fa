# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an engine has build cache, for engines whose files cannot be read."""

from __future__ import annotations

from typing import FrozenSet, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, EngineUnreachable

TYPED_SINCE = (1, 42)


def ask_cache_held(api: EngineApi) -> Optional[FrozenSet[str]]:
    """An empty set when the build cache is empty; None when it is not, or the engine would not tell.

    `GET /system/df` names no layers, so a filled cache means that any layer may be held.
    """
    params = {"type": "build-cache"} if api.version >= TYPED_SINCE else {}
    try:
        usage = api.request("GET", "/system/df", params) or {}
    except EngineUnreachable:
        raise
    except EngineError:
        return None
    return None if usage.get("BuildCache") else frozenset()
