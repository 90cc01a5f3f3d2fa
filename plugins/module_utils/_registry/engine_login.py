# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine is told of a registry's credentials when it pulls or pushes for us."""

from __future__ import annotations

import base64
import json
from typing import Dict, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import CredentialBook, RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions

# Both names of Docker Hub's credentials that engines look for.
HUB = "https://index.docker.io/v1/"


def engine_authorization(options: RegistryOptions, repository: str, run_program: Optional[RunProgram]) -> str:
    """The value of X-Registry-Auth: JSON in URL-safe base64, empty without credentials."""
    document: Dict[str, str] = {}
    if options.token:
        document = {"registrytoken": options.token}
    else:
        found = CredentialBook(options, run_program).find(repository)
        if found is not None:
            document = {"username": found.username, "password": found.password}
            if found.identity_token:
                document["identitytoken"] = found.identity_token
    if document:
        document["serveraddress"] = HUB if options.registry == "docker.io" else options.registry
    return base64.urlsafe_b64encode(json.dumps(document).encode("utf-8")).decode("ascii")
