# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of one run for what programs read only from files: nobody else may look, and it goes with the run."""

from __future__ import annotations

import os
import shutil
import tempfile
from types import TracebackType
from typing import Optional, Type

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError


class Scratch:
    """`with Scratch() as scratch:`; the folder (0700) is made when first needed."""

    def __init__(self) -> None:
        self._root: Optional[str] = None

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    @property
    def root(self) -> str:
        """Raises StateError when it cannot be made."""
        if self._root is None:
            try:
                self._root = tempfile.mkdtemp(prefix="imagefleet-")
            except OSError as error:
                raise StateError("cannot make a temporary folder: %s" % (error.strerror or error)) from error
        return self._root

    def folder(self, name: str) -> str:
        """A folder in it (0700)."""
        path = os.path.join(self.root, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def write(self, name: str, data: bytes) -> str:
        """A file in it (0600); its path. Raises StateError when it cannot be written."""
        path = os.path.join(self.root, name)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
        except OSError as error:
            raise StateError("cannot write %s: %s" % (path, error.strerror or error)) from error
        return path
