# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry credentials for programs that read them from a Docker client configuration."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.config_keys import documented_keys
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import (
    CredentialBook,
    RunProgram,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions


def client_config(
    options: RegistryOptions, repository: Reference, run_program: Optional[RunProgram] = None
) -> Dict[str, Any]:
    """`auths` with what we are in the repository: the options first, then `config_path` with its helpers. Raises RegistryError."""
    entry: Dict[str, str] = {}
    if options.token:
        entry = {"registrytoken": options.token}
    else:
        found = CredentialBook(options, run_program).find(repository.path)
        if found is not None:
            if found.username:
                entry["auth"] = found.basic.partition(" ")[2]
            if found.identity_token:
                entry["identitytoken"] = found.identity_token
    if not entry:
        return {}
    return {"auths": {documented_keys(options.registry)[0]: entry}}


def client_config_text(options: RegistryOptions, repository: Reference, run_program: Optional[RunProgram]) -> bytes:
    """The same as the content of a config.json."""
    return json.dumps(client_config(options, repository, run_program)).encode("utf-8")
