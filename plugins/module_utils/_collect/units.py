# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts given to systemd. All of them lie below /run, so that a restart of the machine ends what they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

RUN = "/run/systemd/system"
WORK = "/run/imagefleet"
# The one form that 2.8 understands: ..._READONLY_ENABLED=true makes it panic.
READ_ONLY = 'REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":true}'
READ_ONLY_NAME = READ_ONLY.partition("=")[0]
# Drop-ins are read in the order of their names, and the last one wins.
DROP_IN = "zz-imagefleet-read-only.conf"


@dataclass(frozen=True)
class Names:
    """What is made for the collection of one service."""

    service: str

    @property
    def base(self) -> str:
        return self.service[: -len(".service")] if self.service.endswith(".service") else self.service

    @property
    def drop_in_folder(self) -> str:
        return "%s/%s.service.d" % (RUN, self.base)

    @property
    def drop_in(self) -> str:
        return "%s/%s" % (self.drop_in_folder, DROP_IN)

    @property
    def collector(self) -> str:
        return "imagefleet-collect-%s.service" % self.base

    @property
    def collector_file(self) -> str:
        return "%s/%s" % (RUN, self.collector)

    @property
    def watchdog(self) -> str:
        """The timer that opens the registry again when nobody else does."""
        return "imagefleet-reopen-%s" % self.base

    @property
    def environment_file(self) -> str:
        return "%s/%s.env" % (WORK, self.base)

    @property
    def output_file(self) -> str:
        return "%s/%s.out" % (WORK, self.base)


def drop_in_text() -> str:
    return (
        "# Written for the time of a garbage collection, which removes it when it ends. If none is running, remove it,\n"
        "# then: systemctl daemon-reload and restart this service.\n"
        "[Service]\nEnvironment='%s'\n" % READ_ONLY
    )


def collector_text(
    names: Names, argv: Sequence[str], user: str, group: str, seconds: int, needs: str, folder: str
) -> str:
    """A unit that runs the collector as the service's user, with its environment and a limit of its own.

    It starts only while the file `needs` exists: once the registry is open again, nothing may be collected any more.
    """
    lines = ["[Unit]", "Description=Garbage collection of %s" % names.service, "CollectMode=inactive-or-failed"]
    if needs:
        lines.append("ConditionPathExists=%s" % needs)
    lines += ["[Service]", "Type=oneshot", "EnvironmentFile=%s" % names.environment_file]
    lines += ["User=%s" % user] if user else []
    lines += ["Group=%s" % group] if group else []
    lines += ["WorkingDirectory=%s" % _escaped(folder)] if folder else []
    lines += [
        "ExecStart=%s" % " ".join(_quoted(word) for word in argv),
        "StandardInput=null",
        "StandardOutput=file:%s" % names.output_file,
        "StandardError=journal",
        "TimeoutStartSec=%d" % seconds,
        "TimeoutStopSec=10",
        "KillMode=control-group",
        # The registry's hosts have other work as well.
        "Nice=10",
    ]
    return "\n".join(lines) + "\n"


def environment_text(environment: Mapping[str, str]) -> str:
    """The registry's own settings for its collector, without ours, as systemd.exec(5) reads them."""
    return "".join(
        '%s="%s"\n' % (name, "".join("\\" + one if one in '\\"`$' else one for one in value))
        for name, value in sorted(environment.items())
        if name.startswith("REGISTRY_") and name != READ_ONLY_NAME
    )


def reopen_command(names: Names) -> Sequence[str]:
    """First the collector must end, then the registry may take pushes again."""
    script = (
        'systemctl stop "$1"; rm -f "$2" && rmdir --ignore-fail-on-non-empty "$3"; '
        'systemctl daemon-reload && systemctl restart "$4"'
    )
    return ["/bin/sh", "-c", script, "sh", names.collector, names.drop_in, names.drop_in_folder, names.service]


def _quoted(word: str) -> str:
    return '"%s"' % _escaped(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")


def _escaped(word: str) -> str:
    """systemd replaces what follows a percent sign."""
    return word.replace("%", "%%")
