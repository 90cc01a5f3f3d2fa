# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debsecan (Debian's own scanner) over the dpkg status of an image, read without a container and without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run


@dataclass(frozen=True)
class Debsecan:
    """`program` is its path; `database` what --source takes (a URL; file:///DIR for a copy); `suite` None for that of the
    image; `timeout` in seconds for one scan."""

    run: Run
    program: str
    database: Optional[str]
    suite: Optional[str]
    timeout: int

    def version(self) -> str:
        """As Debian numbers it. Raises ToolMissing."""
        raise NotImplementedError

    def scan(
        self, target: Target, engine: Callable[[], EngineApi], registries: RegistriesByHost, folder: str
    ) -> Scanned:
        """Files go into `folder`, which the caller removes. Raises ToolError, EngineError, RegistryError, StateError."""
        raise NotImplementedError
