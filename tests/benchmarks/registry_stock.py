# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One registry filled once; every tool gets a copy of its own."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

from own_registry import OwnRegistry


class Stock:
    """`bytes` and `blobs` are what the full registry stores."""

    def __init__(self, folder: Path, fill: Callable[[str], None]) -> None:
        self._folder = folder
        self.full = folder / "full"
        self.full.mkdir(parents=True)
        with OwnRegistry(self.full) as registry:
            fill(registry.address)
            self.bytes, self.blobs = registry.blob_bytes(), len(registry.blobs())

    @contextmanager
    def serve(self) -> Iterator[OwnRegistry]:
        """The full one itself, to read from."""
        with OwnRegistry(self.full) as registry:
            yield registry

    @contextmanager
    def copy(self) -> Iterator[OwnRegistry]:
        """A copy that is gone afterwards."""
        folder = self._folder / "copy"
        shutil.copytree(self.full / "data", folder / "data")
        try:
            with OwnRegistry(folder) as registry:
                yield registry
        finally:
            shutil.rmtree(folder)
