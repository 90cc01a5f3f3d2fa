# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of the files that run the command on schedule."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import (
    CACHE,
    CLEANUP,
    COLLECT,
    DRIFT,
    RETENTION,
    SCAN,
    SYNC,
    VERIFY,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import LINK, LOG, Paths
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import Schedule

MARKER = "# Managed by Ansible, module imagefleet.docker.host_command: changes made here are overwritten.\n"

# Ends that people caused on purpose, the brake and another holder of the lock, are no failure of the unit, and neither is a
# difference between regions, an image that does not pass or one that is not signed: to find it was the unit's work.
NO_FAILURE = "4 6 11 12 14"


WHAT = {
    CLEANUP: "Clean Docker images by policy",
    RETENTION: "Clean a registry by policy",
    COLLECT: "Collect the garbage of a registry",
    SYNC: "Bring images to the regions",
    DRIFT: "Compare regions with their source",
    CACHE: "Clean a pull-through cache",
    SCAN: "Scan images for vulnerabilities",
    VERIFY: "Verify the signatures of images",
}
AFTER = {CLEANUP: "docker.service"}
NETWORK = "network-online.target"


def cron_text(paths: Paths, schedule: Schedule, command: str = CLEANUP) -> str:
    """A file for cron.d. The summary is dropped, since the JSON report has it; errors reach cron's mail."""
    run = f"{LINK} {command} --config {paths.config} >/dev/null"
    return f"{MARKER}PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n{schedule.cron} root {run}\n"


def service_text(paths: Paths, command: str = CLEANUP) -> str:
    """The unit that runs once; the summary goes to the journal."""
    return (
        f"{MARKER}"
        "[Unit]\n"
        f"Description={WHAT[command]} {paths.name}\n"
        f"After={AFTER.get(command, NETWORK)}\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart={LINK} {command} --config {paths.config}\n"
        f"SuccessExitStatus={NO_FAILURE}\n"
        "Nice=10\n"
        "NoNewPrivileges=yes\n"
    )


def timer_text(paths: Paths, schedule: Schedule, delay_seconds: int, command: str = CLEANUP) -> str:
    """The timer; a run missed while the host was down is made up for."""
    return (
        f"{MARKER}"
        "[Unit]\n"
        f"Description=When: {WHAT[command]} {paths.name}\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar={schedule.calendar}\n"
        f"RandomizedDelaySec={delay_seconds}\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def logrotate_text() -> str:
    """A year of audit lines."""
    return (
        f"{MARKER}"
        f"{LOG} {{\n"
        "    monthly\n"
        "    rotate 12\n"
        "    compress\n"
        "    delaycompress\n"
        "    missingok\n"
        "    notifempty\n"
        "    create 0640 root adm\n"
        "}\n"
    )
