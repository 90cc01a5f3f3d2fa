# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install one name of the host command with its schedule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command import config as config_file
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import (
    COMMAND,
    CRON_FOLDER,
    EXPORTER_FOLDER,
    LINK,
    LOG,
    LOGROTATE,
    Paths,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import Schedule
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.texts import (
    cron_text,
    logrotate_text,
    service_text,
    timer_text,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._install import systemd
from ansible_collections.imagefleet.docker.plugins.module_utils._install.files import (
    Absent,
    Change,
    File,
    Link,
    Wanted,
    apply_change,
    as_digest,
    as_text,
    find_changes,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MACHINE_ID = "/etc/machine-id"


@dataclass(frozen=True)
class Order:
    """What to install. `now` in epoch seconds, `delay` in seconds.

    `command` is missing in check mode and when the host has a file with that checksum already.
    """

    paths: Paths
    config: Mapping[str, Any]
    schedule: Schedule
    scheduler: str
    delay: int
    command_sha256: str
    command: Optional[bytes]
    host_id: str
    now: int


def install(order: Order, run: systemd.Run, check: bool, root: str = "") -> Dict[str, Any]:
    """Returns changed, diff, scheduler and the schedule as it stands. Raises PolicyError, StateError."""
    scheduler = _scheduler(order.scheduler, root)
    config = _config(order, root)
    changes = find_changes(_files(order, scheduler, config), root)
    timer = order.paths.timer_unit
    units_change = any(change.wanted.path in _unit_files(order.paths) for change in changes)
    active = systemd.is_booted(root) and systemd.is_active(run, timer)
    start = scheduler == "systemd" and (units_change or not active)
    stop = scheduler == "cron" and active
    if not check:
        if stop:
            systemd.stop(run, timer)
        for change in changes:
            apply_change(change, root)
        if units_change and systemd.is_booted(root):
            systemd.reload_units(run)
        if start:
            systemd.restart(run, timer)
    return {
        "changed": bool(changes) or start or stop,
        "diff": diff_of(changes),
        "policy": config_file.policy_of(config),
        "scheduler": scheduler,
        "schedule": _cron_schedule(order).cron if scheduler == "cron" else order.schedule.calendar,
    }


def host_id(root: str = "") -> str:
    """What tells hosts apart, also clones that share one of the two."""
    machine = read_capped(root + MACHINE_ID, 1024) or b""
    return f"{machine.decode('ascii', 'replace').strip()} {os.uname().nodename}"


def diff_of(changes: Sequence[Change]) -> List[Dict[str, str]]:
    """One entry a file; credentials are masked."""
    return [
        {
            "before_header": change.wanted.path,
            "after_header": change.wanted.path,
            "before": change.before,
            "after": change.after,
        }
        for change in changes
    ]


def show_config(data: bytes) -> str:
    """An installed configuration without its credentials; a damaged one is not shown, it might hold them anywhere."""
    document = config_file.decode(data)
    return as_digest(data) if document is None else as_text(config_file.encode(config_file.masked(document)))


def _scheduler(wanted: str, root: str) -> str:
    scheduler = ("systemd" if systemd.is_booted(root) else "cron") if wanted == "auto" else wanted
    if scheduler == "systemd" and not systemd.is_booted(root):
        raise PolicyError(
            f"scheduler is {wanted}, but this host does not run systemd (no {systemd.RUNNING_SYSTEMD}); use cron"
        )
    if scheduler == "cron" and not os.path.isdir(root + CRON_FOLDER):
        raise PolicyError(f"scheduler is {wanted}, but this host has no {CRON_FOLDER}: install cron, or use systemd")
    return scheduler


def _files(order: Order, scheduler: str, config: Mapping[str, Any]) -> List[Wanted]:
    """In an order in which every file finds what it refers to."""
    paths = order.paths
    command = str(config["command"])
    files: List[Wanted] = [
        File(COMMAND, order.command, 0o755, as_digest, order.command_sha256),
        Link(LINK, COMMAND),
        File(LOGROTATE, logrotate_text().encode("utf-8")),
        File(paths.config, config_file.encode(config), 0o600, show_config),
    ]
    if scheduler == "cron":
        files.append(File(paths.cron, cron_text(paths, _cron_schedule(order), command).encode("utf-8")))
        return files + [Absent(path, as_text) for path in (*_unit_files(paths), paths.timer_stamp)]
    files += [
        File(paths.service, service_text(paths, command).encode("utf-8")),
        File(paths.timer, timer_text(paths, order.schedule, order.delay, command).encode("utf-8")),
        Link(paths.timer_link, paths.timer),
        Absent(paths.cron, as_text),
    ]
    return files


def _unit_files(paths: Paths) -> Sequence[str]:
    return (paths.timer_link, paths.timer, paths.service)


def _cron_schedule(order: Order) -> Schedule:
    return order.schedule.delayed(order.delay, f"{order.host_id} {order.paths.name}")


def _config(order: Order, root: str) -> Dict[str, Any]:
    current = config_file.decode(read_capped(root + order.paths.config, config_file.MAXIMUM_BYTES))
    exporter, own = order.paths.metrics
    wanted = {
        "report_file": order.paths.report,
        "log_file": LOG,
        **order.config,
        "metrics_file": order.config.get("metrics_file")
        or (exporter if os.path.isdir(root + EXPORTER_FOLDER) else own),
    }
    return config_file.make_document(wanted, current, order.now)
