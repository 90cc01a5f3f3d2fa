# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a scanner is in the registry of an image."""

from __future__ import annotations

from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import CredentialBook, RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import DOCKER_HUB, DOCKER_HUB_API
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import Access


def find_access(reference: Reference, registries: RegistriesByHost, run_program: Optional[RunProgram]) -> Access:
    """Raises RegistryError for a client configuration or a helper that cannot be used."""
    options = registries.options(reference.domain)
    # What the libraries of scanners call Docker Hub.
    host = "index.docker.io" if reference.domain in (DOCKER_HUB, DOCKER_HUB_API) else reference.domain
    username, password = None, None
    if not options.token:
        found = CredentialBook(options, run_program).find(reference.path)
        # An identity token is no password: scanners change none for access tokens.
        if found is not None and found.identity_token is None:
            username, password = found.username, found.password
    return Access(
        host=host,
        username=username,
        password=password,
        token=options.token,
        insecure=options.insecure,
        verify=options.validate_certs,
        ca_path=options.ca_path,
    )
