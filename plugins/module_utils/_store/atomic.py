# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole-file writes that a crash cannot tear, and reads that cannot fill memory."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from typing import Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError


def write_atomic(path: str, data: bytes, mode: int = 0o600, owner: Optional[Tuple[int, int]] = None) -> None:
    """Replace `path` by `data`: after a crash at any point it holds the old or the new bytes, never a mix.

    `owner` is user and group, without it those of this process. The parent folder is made (0755) when missing.
    Raises StateError with the cause (no space, no permission).
    """
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=_temporary_prefix(path), suffix=".tmp", dir=folder)
    except OSError as error:
        raise _write_error(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            if owner is not None:
                os.fchown(stream.fileno(), *owner)
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(folder)
    except OSError as error:
        _remove_quietly(temporary)
        raise _write_error(path, error) from error


def remove_leftovers(path: str) -> None:
    """Remove temporary files that killed writers of `path` left. Only for callers that exclude other writers."""
    folder = os.path.dirname(os.path.abspath(path))
    for leftover in glob.glob(os.path.join(glob.escape(folder), glob.escape(_temporary_prefix(path)) + "*.tmp")):
        _remove_quietly(leftover)


def read_capped(path: str, limit: int) -> Optional[bytes]:
    """The bytes of `path`, or None when there is no such file.

    Raises StateError when it cannot be read or is larger than `limit` bytes.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"cannot read {path}: {error.strerror or error}; run as a user who may read it (become: true)"
        ) from error
    if len(data) > limit:
        raise StateError(f"cannot read {path}: it is larger than {limit} bytes, more than it can sensibly hold")
    return data


def _temporary_prefix(path: str) -> str:
    return f".{os.path.basename(path)}."


def _remove_quietly(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable (fsync(2): the directory entry is not covered by the file's fsync)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_error(path: str, error: OSError) -> StateError:
    return StateError(
        f"cannot write {path}: {error.strerror or error}; the previous content, if any, is untouched. "
        f"Free space or grant permission in {os.path.dirname(os.path.abspath(path))}, or choose another path"
    )
