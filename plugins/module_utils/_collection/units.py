# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is given to systemd for the time of a collection. All of it lies below /run: a restart of the machine ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Sequence

RUN = "/run/systemd/system"
WORK = "/run/imagefleet"
# The one form that 2.8 understands: ..._READONLY_ENABLED=true makes it panic.
READ_ONLY = 'REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}'
MAINTENANCE = "REGISTRY_STORAGE_MAINTENANCE"
# Drop-ins are read in the order of their names, and the last one wins.
DROP_IN = "zz-imagefleet-read-only.conf"
DROP_IN_TEXT = (
    "# Written for the time of a garbage collection, which removes it when it ends. If none is running, remove it,\n"
    "# then: systemctl daemon-reload and restart this service.\n"
    "[Service]\nEnvironment='%s'\n" % READ_ONLY
)
# Arguments: seconds, process, collector's unit, drop-in, its folder, registry's unit. First the collector must end, then the
# registry may take pushes again.
_GUARD = (
    'waited=0; while [ "$waited" -lt "$1" ] && kill -0 "$2"; do sleep 2; waited=$((waited + 2)); done; '
    'systemctl stop "$3"; rm -f "$4" && rmdir --ignore-fail-on-non-empty "$5"; systemctl daemon-reload && systemctl restart "$6"'
)


@dataclass(frozen=True)
class Names:
    """What is made for the collection of one service, whose unit is `unit` and ends with .service."""

    unit: str

    @property
    def base(self) -> str:
        return self.unit[: -len(".service")]

    @property
    def drop_in_folder(self) -> str:
        return "%s/%s.d" % (RUN, self.unit)

    @property
    def drop_in(self) -> str:
        return "%s/%s" % (self.drop_in_folder, DROP_IN)

    @property
    def collector(self) -> str:
        return "imagefleet-collect-%s.service" % self.base

    @property
    def guard(self) -> str:
        """The unit that opens the registry again when nobody else does."""
        return "imagefleet-reopen-%s.service" % self.base

    @property
    def environment_file(self) -> str:
        return "%s/%s.env" % (WORK, self.base)

    @property
    def output_file(self) -> str:
        """What the collector prints."""
        return "%s/%s.out" % (WORK, self.base)

    @property
    def errors_file(self) -> str:
        return "%s/%s.err" % (WORK, self.base)


def environment_text(environment: Mapping[str, str]) -> str:
    """The registry's own settings for its collector, without ours, as systemd.exec(5) reads them."""
    return "".join(
        '%s="%s"\n' % (name, "".join("\\" + one if one in '\\"`$' else one for one in value))
        for name, value in sorted(environment.items())
        if name.startswith("REGISTRY_") and not name.startswith(MAINTENANCE)
    )


@dataclass(frozen=True)
class Owner:
    """Who the registry runs as, and where."""

    uid: int
    gid: int
    folder: str


def collector_command(names: Names, owner: Owner, argv: Sequence[str], seconds: int, only_closed: bool) -> List[str]:
    """Run the registry's program as its own user, with a hard limit; returns when it has ended.

    A oneshot unit needs no D-Bus to be waited for. With `only_closed` it does not begin when the registry takes pushes.
    """
    properties = {
        "Type": "oneshot",
        "EnvironmentFile": names.environment_file,
        "WorkingDirectory": owner.folder,
        "StandardOutput": "file:" + names.output_file,
        "StandardError": "file:" + names.errors_file,
        "TimeoutStartSec": str(seconds),
        "TimeoutStopSec": "10",
        # The host has other work as well.
        "Nice": "10",
    }
    if only_closed:
        properties["AssertPathExists"] = names.drop_in
    command = ["systemd-run", "--quiet", "--collect", "--unit=" + names.collector]
    command += ["--uid=%d" % owner.uid, "--gid=%d" % owner.gid]
    return command + ["--property=%s=%s" % item for item in properties.items()] + ["--", *argv]


def guard_command(names: Names, process: int, seconds: int) -> List[str]:
    """Have systemd open the registry again when `process` has ended, or after so many seconds, whatever becomes of us."""
    arguments = [str(seconds), str(process), names.collector, names.drop_in, names.drop_in_folder, names.unit]
    command = ["systemd-run", "--quiet", "--collect", "--unit=" + names.guard]
    return [*command, "--", "/bin/sh", "-c", _GUARD, "sh", *arguments]
