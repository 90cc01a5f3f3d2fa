# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold before a file of dockerd is written."""

from __future__ import annotations

import os

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import CONFIG_FILE, parse_flags
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import DaemonProcess
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.validate import validate
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.consent import restart_refusal
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import KEYS
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import HOSTS_TOML, VALIDATE_SINCE
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.account import Account
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.daemon import (
    can_reload,
    can_restart,
    refuse_flags,
    refuse_other_place,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.dockerd_plan import DockerdPlan
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.engine_now import (
    DEFAULT_DAEMON_JSON,
    Engine,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import (
    NONE,
    RELOAD,
    RESTART,
    MirrorRequest,
)

ENGINE_CERTIFICATES = "/etc/docker/certs.d"


def check_ready(
    request: MirrorRequest, engine: Engine, dockerd: DockerdPlan, how: str, run: Run, account: Account
) -> None:
    """Raises RefusedError, StateError."""
    process, path = engine.process, dockerd.change.path
    if dockerd.is_change:
        refuse_flags(process, [key for key in KEYS if dockerd.merged.mine(key)], path)
    if request.apply != NONE and process is not None and process.pid is not None:
        if dockerd.is_change or how != NONE:
            _refuse_unread(process, path, account)
        if dockerd.files == HOSTS_TOML:
            _refuse_other_certs(process, request.places.certs, account)
    if how == RELOAD:
        can_reload(process)
    if how == RESTART:
        can_restart(process)
        refusal = None if request.accept_interruption else restart_refusal(engine.info or {})
        if refusal is not None:
            account.refuse(refusal)
    _validate(engine, dockerd, run, account)


def _validate(engine: Engine, dockerd: DockerdPlan, run: Run, account: Account) -> None:
    kind, after = engine.kind, dockerd.change.after
    if dockerd.is_change and after is not None and kind is not None and kind.version[0] >= VALIDATE_SINCE:
        note = validate(engine.process, run, dockerd.change.path, after)
        account.notes += [note] if note else []


def _refuse_unread(process: DaemonProcess, path: str, account: Account) -> None:
    told = parse_flags(process.argv).get(CONFIG_FILE, (DEFAULT_DAEMON_JSON,))[-1]
    if told.startswith("/") and os.path.realpath(told) != path:
        account.refuse(
            "the engine reads %s, not %s, so it would never see what is written there. Name that file with daemon_config_path, or "
            "write only (apply: none)" % (told, path)
        )
    refuse_other_place(process, path, "daemon_config_path")


def _refuse_other_certs(process: DaemonProcess, here: str, account: Account) -> None:
    """The engine reads its own folder, whatever its arguments say."""
    own = ENGINE_CERTIFICATES
    if os.path.exists(here) and os.path.exists(process.sees(own)) and not os.path.samefile(here, process.sees(own)):
        account.refuse(
            "the engine reads %s, and %s is another folder. Name with certs_path where it lies here, or write only (apply: none)"
            % (own, here)
        )
