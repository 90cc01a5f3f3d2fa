# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are at a registry: options first, then a Docker client configuration."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import DOCKER_HUB, RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

DOCKER_HUB_KEY = "https://index.docker.io/v1/"
MAX_CONFIG = 1024 * 1024


def find_credentials(options: RegistryOptions) -> Optional[Tuple[str, str]]:
    """(user, password), None for anonymous; raises RegistryError for a configuration that cannot be used."""
    if options.username is not None:
        return options.username, options.password or ""
    if not options.config_path:
        return None
    config = _load(options.config_path)
    key = DOCKER_HUB_KEY if options.registry == DOCKER_HUB else options.registry
    entry = (config.get("auths") or {}).get(key) or (config.get("auths") or {}).get("https://" + options.registry)
    if isinstance(entry, dict) and entry.get("auth"):
        try:
            user, _colon, password = base64.b64decode(entry["auth"]).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise RegistryError(
                "%s: the credentials of %s cannot be decoded: %s" % (options.config_path, key, error)
            ) from error
        return user, password.rstrip("\0")
    helper = (config.get("credHelpers") or {}).get(options.registry) or config.get("credsStore")
    if helper:
        raise RegistryError(
            "%s: the credentials of %s are in the helper docker-credential-%s, which is not supported; give username and password"
            % (options.config_path, options.registry, helper)
        )
    return None


def _load(path: str) -> Dict[str, Any]:
    data = read_capped(path, MAX_CONFIG)
    if data is None:
        raise RegistryError("config_path: there is no %s" % path)
    try:
        config = json.loads(data)
    except ValueError as error:
        raise RegistryError("config_path: %s is not JSON: %s" % (path, error)) from error
    if not isinstance(config, dict):
        raise RegistryError("config_path: %s is not a Docker client configuration" % path)
    return config


def basic(pair: Tuple[str, str]) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(("%s:%s" % pair).encode("utf-8")).decode("ascii")
