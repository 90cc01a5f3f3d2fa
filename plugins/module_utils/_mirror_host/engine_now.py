# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as it runs now: whether it answers, which files it reads, where its daemon.json lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import CONFIG_FILE, parse_flags
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import DaemonProcess, find_process
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, EngineUnreachable
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import engines
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import DAEMON_JSON, EngineKind
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.account import Account
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import (
    ABSENT,
    DOCKERD,
    NONE,
    PRESENT,
    MirrorRequest,
)

DEFAULT_DAEMON_JSON = "/etc/docker/daemon.json"


@dataclass(frozen=True)
class Engine:
    """All None when it was not asked."""

    api: Optional[EngineApi] = None
    info: Optional[Mapping[str, Any]] = None
    kind: Optional[EngineKind] = None
    process: Optional[DaemonProcess] = None


def look_at_engine(request: MirrorRequest, run: Run, account: Account) -> Engine:
    """Raises EngineUnreachable unless the engine need not be asked."""
    if DOCKERD not in request.clients:
        return Engine()
    process = find_process(request.engine.socket_path, request.service, request.pidfile, run)
    try:
        api = EngineApi(request.engine)
        info = api.info()
    except EngineError as error:
        needed = request.apply != NONE or (request.dockerd_files == engines.AUTO and request.state == PRESENT)
        if needed or not isinstance(error, EngineUnreachable):
            raise type(error)(
                "%s To write files without an engine, say apply: none, and dockerd_files which of them it will read"
                % error
            ) from error
        account.notes.append("the engine did not answer, so it takes what is written when it starts")
        return Engine(process=process)
    return Engine(api, info, engines.engine_kind(info), process)


def dockerd_files(request: MirrorRequest, engine: Engine) -> Optional[str]:
    """Which files dockerd is told in, None when it is none of the clients."""
    if DOCKERD not in request.clients:
        return None
    if request.state == ABSENT and engine.kind is None:
        return DAEMON_JSON
    return engines.choose_files(request.dockerd_files, engine.kind)


def daemon_json_path(request: MirrorRequest, engine: Engine) -> str:
    """Where it really lies: an engine that was told another file reads that one."""
    places, process = request.places, engine.process
    told = parse_flags(process.argv).get(CONFIG_FILE, ()) if process is not None else ()
    path = places.daemon_json
    if told and told[-1].startswith("/") and not places.daemon_json_told and path == DEFAULT_DAEMON_JSON:
        path = told[-1]
    return os.path.realpath(path)
