# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file a scanner's program is, and whether it is the one that was pinned."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

# docker/cli, cli-plugins/manager: where the command line looks after its configuration's own folders.
SYSTEM_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
PLUGIN = "docker-scout"
_PIECE = 1024 * 1024
_MAXIMUM_CONFIG = 1024 * 1024


def find_program(name: str, backend: str) -> str:
    """The path of a program. Raises ToolMissing."""
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(
            "backend %s: there is no program %s on this host. Install it, or say in scanner where it is; the PATH is %s"
            % (backend, name, os.environ.get("PATH", "empty"))
        )
    return found


def find_plugin(config_dir: Optional[str]) -> Optional[str]:
    """The plug-in that `docker scout` runs, in the order of the command line; None when there is no such file."""
    folder = config_dir or os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    for place in [*_extra_folders(folder), os.path.join(folder, "cli-plugins"), *SYSTEM_FOLDERS]:
        path = os.path.join(place, PLUGIN)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def check_program(path: str, checksum: str) -> None:
    """Raises ToolError when the file is another one than was pinned, before it was started."""
    found = "sha256:" + _digest(path)
    if found != checksum:
        raise ToolError(
            "scanner_checksum: %s has %s, and %s is pinned, so it was not started. If it was updated on purpose, give the new checksum; "
            "otherwise find out who replaced it" % (path, found, checksum)
        )


def _extra_folders(folder: str) -> List[str]:
    data = read_capped(os.path.join(folder, "config.json"), _MAXIMUM_CONFIG)
    if data is None:
        return []
    try:
        listed = json.loads(data.decode("utf-8")).get("cliPluginsExtraDirs") or []
    except (ValueError, AttributeError, RecursionError) as error:
        raise StateError(
            "%s/config.json is no Docker client configuration, so it cannot be told which plug-in docker would run: %s"
            % (folder, error)
        ) from error
    return [str(path) for path in listed] if isinstance(listed, list) else []


def _digest(path: str) -> str:
    total = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            for piece in iter(lambda: stream.read(_PIECE), b""):
                total.update(piece)
    except OSError as error:
        raise StateError("cannot read the program %s: %s" % (path, error.strerror or error)) from error
    return total.hexdigest()
