# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry's main process as the kernel has it (proc(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Dict, List, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import Owner
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError, StateError


@dataclass(frozen=True)
class Running:
    """`config_file` is absolute. The environment may hold secrets, so it is never shown."""

    owner: Owner
    program: str
    config_file: str
    environment: Mapping[str, str] = field(repr=False)


def look_at_process(folder: str, unit: str) -> Running:
    """`folder` is /proc/PID of what `unit` runs. Raises RefusedError for no registry, StateError when it cannot be read."""
    try:
        program = os.readlink(folder + "/exe")
        place = os.readlink(folder + "/cwd")
        words = _strings(folder + "/cmdline")
        environment: Dict[str, str] = dict(
            word.partition("=")[::2] for word in _strings(folder + "/environ") if "=" in word
        )
        owner = Owner(_id(folder, "Uid"), _id(folder, "Gid"), place)
    except OSError as error:
        raise StateError(
            "cannot look at the process of %s: %s; this needs root, so run with become"
            % (unit, error.strerror or error)
        ) from error
    if program.endswith(" (deleted)"):
        raise RefusedError("%s still runs a program that was replaced on disk; restart it first" % unit)
    config = words[2] if len(words) > 2 and words[1] == "serve" else environment.get("REGISTRY_CONFIGURATION_PATH", "")
    if not config:
        # Its other arguments are not told: they may be secrets.
        raise RefusedError(
            "%s runs %s, and not as 'PROGRAM serve CONFIGURATION', as the distribution registry is started"
            % (unit, program)
        )
    return Running(owner, program, os.path.join(place, config), environment)


def _strings(path: str) -> List[str]:
    with open(path, "rb") as stream:
        return [part.decode("utf-8", "surrogateescape") for part in stream.read().split(b"\0") if part]


def _id(folder: str, name: str) -> int:
    """The effective one. The owner of the folder is root for programs with capabilities of their own."""
    with open(folder + "/status", encoding="ascii", errors="replace") as stream:
        for line in stream:
            key, _colon, values = line.partition(":")
            if key == name:
                return int(values.split()[1])
    raise OSError("it has no %s" % name)
