# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes below a registry's storage."""

from __future__ import annotations

import os
from typing import Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.storage import BLOBS
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

# What stat(2) counts st_blocks in, whatever the file system's own blocks are.
BLOCK = 512


def disk_usage(storage_path: str) -> Dict[str, int]:
    """`used`: bytes that the blobs occupy; `free` and `size`: of the file system. Raises StateError."""
    try:
        status = os.statvfs(storage_path)
    except OSError as error:
        raise StateError("cannot look at the storage %s: %s" % (storage_path, error.strerror or error)) from error
    used = 0
    for folder, _folders, files in os.walk(os.path.join(storage_path, BLOBS)):
        for name in files:
            try:
                used += os.lstat(os.path.join(folder, name)).st_blocks * BLOCK
            except OSError:
                continue  # it went meanwhile
    return {"used": used, "free": status.f_bavail * status.f_frsize, "size": status.f_blocks * status.f_frsize}
