# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The notary server, asked by ourselves: `docker trust` says the same of a repository it has not and of a server that is down."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Optional
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import CredentialBook, Credentials
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools

# The command line, which is asked afterwards, does not try again at all.
_RETRIES = 2


def login_of(tools: Tools, image: Reference, config: str) -> Optional[Credentials]:
    """Who we are in the image's repository: by the options, else by a client configuration, None for nobody.

    Notary servers take the same. Raises RegistryError for a configuration that cannot be used.
    """
    options = tools.registries.options(image.domain)
    if options.username is None and options.config_path is None and os.path.exists(config):
        options = replace(options, config_path=config)
    return CredentialBook(options, tools.run_program).find(image.path)


class TrustServer:
    """One notary server; `authority` is a CA file for it, `login` who we are there."""

    def __init__(self, url: str, tools: Tools, authority: Optional[str], login: Optional[Credentials]) -> None:
        self.url = url
        options = tools.registries.options(str(urlsplit(url).netloc))
        if options.username is None and options.token is None and login is not None and login.username:
            options = replace(options, username=login.username, password=login.password)
        options = replace(
            options,
            insecure=False,
            ca_path=options.ca_path or authority,
            retries=min(options.retries, _RETRIES),
        )
        self._client = RegistryClient(options, run_program=tools.run_program)

    def has_data(self, image: Reference) -> bool:
        """Whether it has trust data of the image's repository. Raises ToolError when that cannot be told."""
        try:
            return self._client.has_trust_data(image.repository)
        except RegistryError as error:
            raise ToolError(
                "it cannot be told whether %s is signed: the notary server %s does not answer as one. %s. Say in trust_server which "
                "it is; its CA belongs into tls/%s/ca.crt in config_dir"
                % (image.canonical, self.url, error, self._client.name)
            ) from error
