# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the parts of the host command live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

COMMAND = "/usr/local/lib/imagefleet/imagefleet.pyz"
LINK = "/usr/local/bin/imagefleet"
CONFIG_FOLDER = "/etc/imagefleet"
STATE_FOLDER = "/var/lib/imagefleet"
STATE = f"{STATE_FOLDER}/state.json"
LOG = "/var/log/imagefleet.log"
LOGROTATE = "/etc/logrotate.d/imagefleet"
LOCK_FOLDER = "/run/lock"
LOCK = f"{LOCK_FOLDER}/imagefleet.lock"
CRON_FOLDER = "/etc/cron.d"
UNIT_FOLDER = "/etc/systemd/system"
TIMER_STAMPS = "/var/lib/systemd/timers"
# Where Debian's node exporter reads textfiles.
EXPORTER_FOLDER = "/var/lib/prometheus/node-exporter"

# cron ignores files in cron.d whose names have other characters.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Paths:
    """The files of one name."""

    name: str

    @property
    def config(self) -> str:
        return f"{CONFIG_FOLDER}/{self.name}.json"

    @property
    def report(self) -> str:
        return f"{STATE_FOLDER}/{self.name}.report.json"

    @property
    def lock(self) -> str:
        """Keeps runs of jobs apart that have no lock of their own."""
        return f"{LOCK_FOLDER}/imagefleet-{self.name}.lock"

    @property
    def cron(self) -> str:
        return f"{CRON_FOLDER}/imagefleet-{self.name}"

    @property
    def service(self) -> str:
        return f"{UNIT_FOLDER}/imagefleet-{self.name}.service"

    @property
    def timer(self) -> str:
        return f"{UNIT_FOLDER}/{self.timer_unit}"

    @property
    def timer_link(self) -> str:
        """What `systemctl enable` would make."""
        return f"{UNIT_FOLDER}/timers.target.wants/{self.timer_unit}"

    @property
    def timer_stamp(self) -> str:
        return f"{TIMER_STAMPS}/stamp-{self.timer_unit}"

    @property
    def timer_unit(self) -> str:
        return f"imagefleet-{self.name}.timer"

    @property
    def service_unit(self) -> str:
        return f"imagefleet-{self.name}.service"

    @property
    def metrics(self) -> Tuple[str, str]:
        """The default metrics files: with a node exporter on the host, and without."""
        return f"{EXPORTER_FOLDER}/imagefleet_{self.name}.prom", f"{STATE_FOLDER}/{self.name}.prom"


def paths_of(name: str) -> Paths:
    """Raises PolicyError for a name that cron or systemd would not take."""
    if not NAME.fullmatch(name):
        raise PolicyError(
            f"name is {name!r}: 1 to 63 lower-case letters, digits, '-' and '_', the first a letter or a digit"
        )
    return Paths(name)
