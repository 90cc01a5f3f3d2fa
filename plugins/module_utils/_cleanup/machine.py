# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system that holds the images."""

from __future__ import annotations

import os
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import CONTAINERD, EngineFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.pressure import FileSystem

SYSTEM_CONTAINERD = "/var/lib/containerd"


def default_storage_path(engine: EngineFacts) -> str:
    """Where the engine keeps image data: the system's containerd keeps it outside the engine's data directory."""
    if engine.store == CONTAINERD and not os.path.isdir(os.path.join(engine.root, "containerd", "daemon")):
        return SYSTEM_CONTAINERD
    return engine.root


def measure_file_system(path: Optional[str], engine: EngineFacts) -> FileSystem:
    """The file system below `path` (default: the image store's); raises PolicyError when there is no such path."""
    place = path or default_storage_path(engine)
    try:
        stat = os.statvfs(place)
    except OSError as error:
        raise PolicyError(
            "storage_path: %s cannot be measured (%s); name the directory that holds the engine's images on this machine"
            % (place, error.strerror or error)
        ) from error
    used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    free = stat.f_bavail * stat.f_frsize
    return FileSystem(place, used + free, used, free, stat.f_files, stat.f_files - stat.f_ffree)
