# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every method of signing works with: programs, registries, an engine, and a folder for secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import EngineOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run

#: What a registry answers for what it does not have.
ABSENT = 404


@dataclass(frozen=True)
class Tools:
    """`run` runs programs, `run_program` asks credential helpers; `scratch` lives as long as the run."""

    run: Run
    registries: RegistriesByHost
    engine: EngineOptions
    scratch: Scratch
    run_program: Optional[RunProgram] = None

    def digest(self, reference: Reference) -> Optional[str]:
        """The digest of a tag, or of a digest that is there; None when the registry does not have it."""
        found = self.registries.client(reference.domain).head(reference.path, str(reference.digest or reference.tag))
        return None if found is None else found.digest

    def must_digest(self, reference: Reference) -> str:
        """The same; raises RegistryRefusal (404) when it is not there."""
        digest = self.digest(reference)
        if digest is None:
            raise RegistryRefusal(
                "There is no %s in its registry; push it first, or check the name" % reference.canonical, ABSENT
            )
        return digest
