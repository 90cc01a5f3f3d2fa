# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of configuration that the docker command line is started with, made from the given one.

Keys of a repository, and what is known of servers, stay in the trust folder of the given configuration. A signer's key that was
given as an option is put into a folder of the run only, which goes with it.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

_CONFIG = "config.json"
_MAX_CONFIG = 1024 * 1024


def default_config_dir() -> str:
    """That of the command line itself."""
    return os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")


class TrustFolders:
    """`base` is the given folder. `authority` is a CA file for the server that the folder does not have."""

    def __init__(self, base: str, scratch: Scratch, server_host: str, authority: Optional[str]) -> None:
        self.base = base
        self._scratch = scratch
        self._server_host = server_host
        self._authority = authority

    @property
    def trust(self) -> str:
        """Where repositories' keys and what is known of servers are kept."""
        return os.path.join(self.base, "trust")

    @property
    def authority(self) -> Optional[str]:
        """The CA file for the server: the first of the folder's, else the given one, None for those of the system."""
        folder = os.path.join(self.base, "tls", self._server_host)
        try:
            found = sorted(name for name in os.listdir(folder) if name.endswith(".crt"))
        except OSError:
            found = []
        return os.path.join(folder, found[0]) if found else self._authority

    @property
    def config(self) -> str:
        """The file with logins; it may not exist."""
        return os.path.join(self.base, _CONFIG)

    def ordinary(self, login: Mapping[str, Any]) -> str:
        """A configuration whose trust folder is the given one's; `login` as `client_config` gives it. Raises StateError."""
        folder = self._folder("trust-ordinary", login)
        _make(self.trust)
        _link(self.trust, os.path.join(folder, "trust"))
        return folder

    def with_own_keys(self, login: Mapping[str, Any]) -> str:
        """A configuration without any private key, that knows of servers what the given one knows. Raises StateError."""
        folder = self._folder("trust-signing", login)
        _make(os.path.join(folder, "trust", "private"))
        known = os.path.join(self.trust, "tuf")
        _make(known)
        _link(known, os.path.join(folder, "trust", "tuf"))
        return folder

    def _folder(self, name: str, login: Mapping[str, Any]) -> str:
        folder = self._scratch.folder(name)
        self._scratch.write(os.path.join(name, _CONFIG), json.dumps(self._config(login)).encode("utf-8"))
        for part in ("contexts", "cli-plugins"):
            _link(os.path.join(self.base, part), os.path.join(folder, part))
        self._link_authorities(os.path.join(folder, "tls"))
        return folder

    def _config(self, login: Mapping[str, Any]) -> Dict[str, Any]:
        """The given configuration, with the login of the options where there is one: helpers would come before it."""
        data = read_capped(self.config, _MAX_CONFIG)
        try:
            config = json.loads(data.decode("utf-8")) if data is not None else {}
        except ValueError as error:
            raise StateError("%s is no configuration of the docker command line: %s" % (self.config, error)) from error
        if not isinstance(config, dict):
            raise StateError("%s is no configuration of the docker command line" % self.config)
        # Another engine than the one that was said would be meant.
        config.pop("currentContext", None)
        auths = login.get("auths")
        if auths:
            helpers = config.get("credHelpers") or {}
            config["auths"] = {**(config.get("auths") or {}), **auths}
            config["credHelpers"] = {name: helper for name, helper in helpers.items() if name not in auths}
            config.pop("credsStore", None)
        return config

    def _link_authorities(self, folder: str) -> None:
        own = os.path.join(self.base, "tls")
        if self._authority is None or os.path.isdir(os.path.join(own, self._server_host)):
            _link(own, folder)
            return
        place = os.path.join(folder, self._server_host)
        _make(place)
        _link(self._authority, os.path.join(place, "ca.crt"))


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise StateError("cannot make %s: %s; say another config_dir" % (folder, error.strerror or error)) from error


def _link(source: str, place: str) -> None:
    """A link, where there is something to link to."""
    if os.path.exists(source) and not os.path.lexists(place):
        os.symlink(os.path.abspath(source), place)
