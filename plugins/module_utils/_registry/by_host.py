# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries by the host in an image's name, each with the options that were given for it."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient


class RegistriesByHost:
    """One client per registry; one that is not listed is asked over HTTPS with the credentials of `config_path`."""

    def __init__(
        self,
        listed: Sequence[Any],
        config_path: Optional[str],
        run_program: Optional[RunProgram] = None,
        unlisted: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """`unlisted` are options of those that are not listed. Raises PolicyError naming the entry and what is wrong with it."""
        self._unlisted = dict(unlisted or {})
        self._config_path = config_path
        self._run_program = run_program
        self._options: Dict[str, RegistryOptions] = {}
        self._clients: Dict[str, RegistryClient] = {}
        for position, entry in enumerate(listed):
            where = "registries[%d]" % position
            if not isinstance(entry, Mapping):
                raise PolicyError("%s: it is no mapping with a registry" % where)
            given = {key: value for key, value in entry.items() if value is not None}
            made = make_registry_options({"config_path": config_path, **given}, where + ".")
            self._options[made.registry] = made

    def options(self, host: str) -> RegistryOptions:
        return self._options.get(host) or make_registry_options(
            {"config_path": self._config_path, **self._unlisted, "registry": host}
        )

    def transfer(self, host: str) -> TransferClient:
        """A client that reads blobs of any size."""
        return TransferClient(self.options(host), run_program=self._run_program)

    def client(self, host: str) -> RegistryClient:
        if host not in self._clients:
            self._clients[host] = RegistryClient(self.options(host), run_program=self._run_program)
        return self._clients[host]
