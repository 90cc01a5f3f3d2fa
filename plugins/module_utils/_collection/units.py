# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is given to systemd for the time of a collection. All of it lies below /run: a restart of the machine ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple

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
# One line, since the file of a transient unit has no others. Arguments: seconds, process, collector's unit, drop-in, its
# folder, registry's unit, and files to remove. Without the drop-in no collector begins; and the one that runs must have ended
# before the registry may take pushes again. A start that is refused, since there were so many, is counted anew.
_GUARD = " ".join(
    (
        "limit=$1 process=$2 collector=$3 drop_in=$4 folder=$5 unit=$6; shift 6; waited=0;",
        'while [ "$waited" -lt "$limit" ] && kill -0 "$process" 2>/dev/null;',
        "do sleep 2; waited=$((waited + 2)); done;",
        'rm -f "$drop_in"; rmdir --ignore-fail-on-non-empty "$folder" 2>/dev/null;',
        'while systemctl stop "$collector"; state=$(systemctl show --property=ActiveState --value "$collector");',
        '[ "$state" != inactive ] && [ "$state" != failed ]; do sleep 2; done;',
        'rm -f "$@"; tries=0;',
        'until systemctl daemon-reload && { systemctl reset-failed "$unit"; systemctl restart "$unit"; }',
        '|| [ "$tries" -ge 30 ]; do sleep 2; tries=$((tries + 1)); done',
    )
)
# What the registry's program must be told to work on the same storage, and no more: other settings may be secrets.
_STORAGE, _QUIET = "REGISTRY_STORAGE", 'REGISTRY_LOG_LEVEL="error"\n'


@dataclass(frozen=True)
class Task:
    """One run of the registry's program: its unit, and the files for it."""

    unit: str
    name: str

    @property
    def environment_file(self) -> str:
        return "%s/%s.env" % (WORK, self.name)

    @property
    def output_file(self) -> str:
        """What it prints."""
        return "%s/%s.out" % (WORK, self.name)

    @property
    def errors_file(self) -> str:
        return "%s/%s.err" % (WORK, self.name)

    @property
    def files(self) -> Tuple[str, str, str]:
        return self.environment_file, self.output_file, self.errors_file


@dataclass(frozen=True)
class Names:
    """What is made for the collection of one service, whose unit is `unit` and ends with .service."""

    unit: str

    @property
    def base(self) -> str:
        """For names of our own; an @ in them would ask for a template."""
        return self.unit[: -len(".service")].replace("@", "-")

    @property
    def drop_in_folder(self) -> str:
        return "%s/%s.d" % (RUN, self.unit)

    @property
    def drop_in(self) -> str:
        return "%s/%s" % (self.drop_in_folder, DROP_IN)

    @property
    def collector(self) -> Task:
        """What deletes."""
        return Task("imagefleet-collect-%s.service" % self.base, self.base)

    def asking(self, process: int) -> Task:
        """What changes nothing; `process` asks, and others may at the same time."""
        return Task("imagefleet-ask-%s-%d.service" % (self.base, process), "%s-%d" % (self.base, process))

    @property
    def guard(self) -> str:
        """The unit that opens the registry again when nobody else does."""
        return "imagefleet-reopen-%s.service" % self.base


def environment_text(environment: Mapping[str, str]) -> str:
    """The registry's own settings of its storage for the collector, without ours, as systemd.exec(5) reads them.

    Only within single quotes do all versions of systemd read backslashes alike.
    """
    lines = [
        "%s='%s'\n" % (name, value.replace("'", "'\"'\"'"))
        for name, value in sorted(environment.items())
        if name.startswith(_STORAGE) and not name.startswith(MAINTENANCE)
    ]
    return "".join(lines) + _QUIET


@dataclass(frozen=True)
class Owner:
    """Who the registry runs as, and where."""

    uid: int
    gid: int
    folder: str


def task_command(
    task: Task, owner: Owner, argv: Sequence[str], seconds: int, only_with: Optional[str] = None
) -> List[str]:
    """Run the registry's program as its own user, with a hard limit; returns when it has ended.

    A oneshot unit needs no D-Bus to be waited for. With `only_with` it does not begin unless that file is there.
    """
    properties = {
        "Type": "oneshot",
        "EnvironmentFile": task.environment_file,
        "WorkingDirectory": owner.folder,
        "StandardOutput": "file:" + task.output_file,
        "StandardError": "file:" + task.errors_file,
        "TimeoutStartSec": str(seconds),
        "TimeoutStopSec": "10",
        # The host has other work as well.
        "Nice": "10",
    }
    if only_with is not None:
        properties["AssertPathExists"] = only_with
    command = ["systemd-run", "--quiet", "--collect", "--unit=" + task.unit, "--description=Registry for imagefleet"]
    command += ["--uid=%d" % owner.uid, "--gid=%d" % owner.gid]
    return command + ["--property=%s=%s" % item for item in properties.items()] + ["--", *_literal(argv)]


def guard_command(names: Names, process: int, seconds: int) -> List[str]:
    """Have systemd open the registry again when `process` has ended, or after so many seconds, whatever becomes of us."""
    collector = names.collector
    arguments = [str(seconds), str(process), collector.unit, names.drop_in, names.drop_in_folder, names.unit]
    arguments += [*collector.files, *names.asking(process).files]
    command = ["systemd-run", "--quiet", "--collect", "--unit=" + names.guard]
    command += ["--description=Opens %s again after a garbage collection" % names.unit, "--"]
    return command + _literal(["/bin/sh", "-c", _GUARD, "sh", *arguments])


def _literal(argv: Sequence[str]) -> List[str]:
    """Arguments in which systemd shall put no variables (systemd.service(5)); it takes the program itself as it is."""
    return [argv[0], *(word.replace("$", "$$") for word in argv[1:])]
