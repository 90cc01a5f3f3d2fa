# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One region: its registry, and what is known of it in this run."""

from __future__ import annotations

import threading
from typing import Dict, List, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import Destination
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import CapabilityMemory
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient


class Region:
    """For several threads. `down` says why the region is given up: it gave no answer at all."""

    def __init__(self, destination: Destination, run_program: Optional[RunProgram] = None) -> None:
        self.name = destination.name
        self.client = TransferClient(destination.registry, run_program=run_program)
        self.capabilities = CapabilityMemory(self.client)
        self.down: Optional[str] = None
        # Until it does not: then everything is sent.
        self.mounts = True
        self._lists: Dict[str, Optional[List[str]]] = {}
        self._blobs: Dict[str, str] = {}
        self._there: Set[Tuple[str, str]] = set()
        self._lock = threading.Lock()

    def tags(self, repository: str) -> Optional[List[str]]:
        """Every tag, None when there is no such repository; asked once a run. Raises RegistryError."""
        with self._lock:
            if repository not in self._lists:
                self._lists[repository] = self.client.tags(repository)
            return self._lists[repository]

    def has_no_tags(self, repository: str) -> bool:
        """Whether the repository is new, or nearly so."""
        return not self.tags(repository)

    def gave_up(self, error: Exception) -> str:
        """What to tell of a failure; a region that does not answer is not asked again."""
        if isinstance(error, RegistryError) and not isinstance(error, RegistryRefusal):
            self.down = self.down or str(error)
        return str(error)

    def note_blob(self, repository: str, digest: str) -> None:
        """The repository has it."""
        with self._lock:
            self._there.add((repository, digest))
            self._blobs.setdefault(digest, repository)

    def has_noted(self, repository: str, digest: str) -> bool:
        return (repository, digest) in self._there

    def elsewhere(self, repository: str, digest: str) -> Optional[str]:
        """Another repository of the region that has this blob."""
        origin = self._blobs.get(digest)
        return origin if origin not in (None, repository) else None
