# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One repository under Docker Content Trust: the command line for it, and what holds there now."""

from __future__ import annotations

import os
from typing import Dict, Optional, Tuple
from urllib.parse import urlsplit

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import EngineOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import Credentials
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.client_config import client_config
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_folders import (
    TrustFolders,
    default_config_dir,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_server import TrustServer, login_of
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import SigningOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import (
    GONE_SINCE,
    environment,
    has_no_trust,
    major_version,
    no_trust,
    read_version,
    trust_server,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_inspect import (
    TrustData,
    is_stale,
    lost_keys,
    read_inspection,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, last_lines


class TrustRepository:
    """What the order's image names. Nothing is started before the first question; raises PolicyError for a server that is none."""

    def __init__(self, order: SigningOrder, tools: Tools) -> None:
        self.image = order.image
        self.server = trust_server(order.trust.server, order.image)
        self.tools = tools
        host = str(urlsplit(self.server).netloc)
        base = order.trust.config_dir or default_config_dir()
        self.folders = TrustFolders(base, tools.scratch, host, tools.registries.options(host).ca_path)
        self.program = order.trust.docker_cli
        self._made: Dict[bool, str] = {}
        self._probed = False
        self._known: Optional[Tuple[Optional[TrustData]]] = None
        #: Whether what was signed is there, but by keys that nobody holds any more.
        self.lost_keys = False

    def docker(self, own_keys: bool = False) -> DockerCli:
        """The command line; with `own_keys` with a trust folder of this run. Raises ToolMissing when it has no `docker trust`."""
        if not self._probed:
            self._probe()
        return self._cli(self.folder(own_keys))

    def folder(self, own_keys: bool = False) -> str:
        """The configuration for it, made once: a helper of credentials is asked once."""
        if own_keys not in self._made:
            make = self.folders.with_own_keys if own_keys else self.folders.ordinary
            options = self.tools.registries.options(self.image.domain)
            self._made[own_keys] = make(client_config(options, self.image, self.tools.run_program))
        return self._made[own_keys]

    def login(self) -> Optional[Credentials]:
        """Who we are at the registry and the notary server."""
        return login_of(self.tools, self.image, self.folders.config)

    def version(self) -> str:
        """Raises ToolMissing or ToolError."""
        return read_version(self._cli(self.folder())("--version"), self.program)

    def data(self, anew: bool = False) -> Optional[TrustData]:
        """What the server has now; None when it has nothing of the repository. Asked once, unless `anew`.

        Raises ToolError when it cannot be told, never with what was remembered from an earlier time.
        """
        if anew or self._known is None:
            self._known = (self._ask(),)
        return self._known[0]

    def must_data(self) -> TrustData:
        """After something was changed there. Raises ToolError when it is gone."""
        found = self.data(anew=True)
        if found is None:
            raise ToolError(
                "the notary server %s has no trust data of %s any more" % (self.server, self.image.repository)
            )
        return found

    def _ask(self) -> Optional[TrustData]:
        docker = self.docker()
        if not TrustServer(self.server, self.tools, self.folders.authority, self.login()).has_data(self.image):
            return None
        code, output, errors = docker.attempt("trust", "inspect", self.image.repository)
        if is_stale(errors):
            raise ToolError(
                "it cannot be told whether %s is signed: docker trust got no answer from %s and went on with what it remembered, which "
                "is not taken. Is its CA in tls/%s/ca.crt in %s? %s"
                % (
                    self.image.canonical,
                    self.server,
                    urlsplit(self.server).netloc,
                    self.folders.base,
                    last_lines(errors),
                )
            )
        if code != 0:
            raise ToolError(
                "it cannot be told whether %s is signed: the notary server %s has trust data of it, and docker trust cannot use it. "
                "Its CA may be missing in tls/%s/ca.crt in %s, its root key may be another than the one remembered in trust/tuf "
                "there, or a login is needed: %s"
                % (
                    self.image.canonical,
                    self.server,
                    urlsplit(self.server).netloc,
                    self.folders.base,
                    last_lines(errors or output),
                )
            )
        self.lost_keys = lost_keys(errors)
        return read_inspection(output)

    def _probe(self) -> None:
        version = self.version()
        code, output, errors = self._cli(self.folder()).attempt("trust", "inspect", "--help")
        if code != 0 or has_no_trust(errors) or "inspect" not in output:
            raise no_trust(self.program, version)
        # A plugin of that name with a newer command line is not what was proven here.
        if major_version(version) >= GONE_SINCE:
            raise no_trust(self.program, version)
        self._probed = True

    def _cli(self, folder: str) -> DockerCli:
        engine = self.tools.engine
        more = _engine_variables(engine, self.tools.scratch)
        return DockerCli(
            self.tools.run, self.program, environment(self.server, folder, engine.docker_host, more), engine.timeout
        )


def _engine_variables(engine: EngineOptions, scratch: Scratch) -> Dict[str, str]:
    """How the command line is told of TLS: a folder with files of fixed names. Raises StateError."""
    if not engine.tls and not engine.validate_certs:
        return {}
    folder = scratch.folder("engine-tls")
    for name, path in (("ca.pem", engine.ca_path), ("cert.pem", engine.client_cert), ("key.pem", engine.client_key)):
        place = os.path.join(folder, name)
        if path is not None and not os.path.lexists(place):
            if not os.path.exists(path):
                raise StateError(
                    "there is no %s, which is to authenticate to the engine %s" % (path, engine.docker_host)
                )
            os.symlink(os.path.abspath(path), place)
    return {"DOCKER_CERT_PATH": folder, "DOCKER_TLS_VERIFY" if engine.validate_certs else "DOCKER_TLS": "1"}
