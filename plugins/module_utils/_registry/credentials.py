# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are at a registry: options first, then a Docker client configuration with its helpers."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.config_keys import (
    documented_keys,
    matching_keys,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAX_CONFIG = 1024 * 1024
# What helpers give as user name when the secret is an identity token (docker-credential-helpers).
TOKEN_USER = "<token>"
_HELPER = re.compile(r"[A-Za-z0-9._-]{1,100}")

# Runs a program: argv and what it reads from its standard input; gives exit code, output and errors.
RunProgram = Callable[[Sequence[str], str], Tuple[int, str, str]]


@dataclass(frozen=True)
class Credentials:
    """A user with a password, or an identity token, which token servers change for access tokens."""

    username: str = ""
    password: str = ""
    identity_token: Optional[str] = None

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        pair = "%s:%s" % (self.username, self.password)
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")


class CredentialBook:
    """Who we are in each repository of one registry. The configuration is read once, and each helper asked once."""

    def __init__(self, options: RegistryOptions, run_program: Optional[RunProgram] = None) -> None:
        self._options = options
        self._run_program = run_program
        self._known: Dict[str, Optional[Credentials]] = {}
        self._config: Optional[Dict[str, Any]] = None
        self._helper: Optional[Credentials] = None

    def find(self, repository: str = "") -> Optional[Credentials]:
        """None for anonymous; raises RegistryError for a configuration or a helper that cannot be used.

        In a client configuration a helper for this registry comes first, then the store, then `auths`, as the command line does;
        of `auths` the most specific key for the repository (empty: for the registry as a whole).
        """
        if self._options.username is not None:
            return Credentials(self._options.username, self._options.password or "")
        if not self._options.config_path:
            return None
        if repository not in self._known:
            self._known[repository] = self._from_helper() or self._from_auths(repository)
        return self._known[repository]

    def _from_helper(self) -> Optional[Credentials]:
        if self._config is None:
            path = str(self._options.config_path)
            config = _load(path)
            helpers = _mapping(path, config, "credHelpers")
            keys = documented_keys(self._options.registry)
            key = next((one for one in keys if helpers.get(one)), keys[0])
            helper = helpers.get(key) or config.get("credsStore")
            if helper:
                self._helper = _ask_helper(self._options, str(helper), key, self._run_program)
            self._config = config
        return self._helper

    def _from_auths(self, repository: str) -> Optional[Credentials]:
        path = str(self._options.config_path)
        auths = _mapping(path, self._config or {}, "auths")
        for key in matching_keys(self._options.registry, repository, auths):
            found = _decode(path, key, auths[key]) if isinstance(auths[key], dict) else None
            if found is not None:
                return found
        return None


def _decode(path: str, key: str, entry: Mapping[str, Any]) -> Optional[Credentials]:
    """None for an entry that says nothing, as there is one beside a helper."""
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    token = entry.get("identitytoken")
    if entry.get("auth"):
        username, password = _decode_pair(path, key, entry["auth"])
        if not username and not token:
            raise _undecodable(path, key, "it names no user")
    if token:
        return Credentials(username, password, str(token))
    return Credentials(username, password) if username else None


def _decode_pair(path: str, key: str, text: Any) -> Tuple[str, str]:
    """User and password; what is wrong with them is told without a piece of them."""
    if not isinstance(text, str):
        raise _undecodable(path, key, "it is not text")
    try:
        # Line breaks are all that may be between the characters of base64; others would be skipped without a word.
        data = base64.b64decode("".join(text.splitlines()), validate=True)
    except ValueError:
        raise _undecodable(path, key, "it is not base64") from None
    try:
        username, _colon, password = data.decode("utf-8").partition(":")
    except ValueError:
        raise _undecodable(path, key, "what it encodes is not UTF-8") from None
    return username, password.rstrip("\0")


def _undecodable(path: str, key: str, cause: str) -> RegistryError:
    return RegistryError(
        "%s: the credentials of %s cannot be decoded: auth has to be user:password in base64, and %s; log in again (docker login, "
        "podman login), or give username and password" % (path, key, cause)
    )


def _ask_helper(
    options: RegistryOptions, helper: str, key: str, run_program: Optional[RunProgram]
) -> Optional[Credentials]:
    """What `docker-credential-HELPER get` answers; None when it knows nothing of this registry."""
    program = "docker-credential-" + helper
    where = "%s: the credentials of %s are in the helper %s" % (options.config_path, options.registry, program)
    if not _HELPER.fullmatch(helper):
        raise RegistryError("%s, which is no name of a program" % where)
    if run_program is None:
        raise RegistryError("%s, which cannot be asked here; give username and password" % where)
    try:
        code, output, errors = run_program([program, "get"], key)
    except OSError as error:
        raise RegistryError(
            "%s, which cannot be run (%s); install it, or give username and password" % (where, error.strerror or error)
        ) from error
    if code != 0:
        said = (output or errors).strip().splitlines()
        if said and "credentials not found" in said[0]:
            return None
        raise RegistryError("%s, which failed: %s" % (where, redact(said[0])[:200] if said else "exit code %d" % code))
    try:
        document = json.loads(output)
        username, secret = str(document["Username"]), str(document["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        # Whatever it printed may be secret.
        raise RegistryError("%s, which did not answer as such helpers do" % where) from None
    if username == TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username, secret)


def _mapping(path: str, config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key) or {}
    if not isinstance(value, dict):
        raise RegistryError("config_path: %s is not a Docker client configuration: %s is no mapping" % (path, key))
    return value


def _load(path: str) -> Dict[str, Any]:
    data = read_capped(path, MAX_CONFIG)
    if data is None:
        raise RegistryError("config_path: there is no %s" % path)
    try:
        config = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RegistryError("config_path: %s is not JSON: %s" % (path, error)) from error
    if not isinstance(config, dict):
        raise RegistryError("config_path: %s is not a Docker client configuration" % path)
    return config
