# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of Docker Content Trust there is on this host."""

from __future__ import annotations

import json
import os

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_repository import TrustRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.enforcement import HostTrust
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import GONE_SINCE, major_version
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

_VARIABLE = "DOCKER_CONTENT_TRUST"
_DAEMON_CONFIG = "/etc/docker/daemon.json"
_MAX_CONFIG = 1024 * 1024


def look_at_host(repository: TrustRepository, daemon_config: str = _DAEMON_CONFIG) -> HostTrust:
    """The variable is that of this process, so that of the user and way that the task ran by. Raises ToolError for a program that is no docker command line."""
    variable = os.environ.get(_VARIABLE)
    try:
        version = repository.version()
    except ToolMissing:
        return HostTrust(variable, None, False, _daemon_setting(daemon_config))
    return HostTrust(variable, version, major_version(version) < GONE_SINCE, _daemon_setting(daemon_config))


def _daemon_setting(path: str) -> bool:
    try:
        data = read_capped(path, _MAX_CONFIG)
        config = json.loads(data.decode("utf-8")) if data is not None else {}
    except (StateError, ValueError):
        # Another user may not read it, and one that is broken stops the daemon by itself.
        return False
    return isinstance(config, dict) and "content-trust" in config
