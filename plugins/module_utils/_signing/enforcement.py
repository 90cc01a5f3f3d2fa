# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where DOCKER_CONTENT_TRUST does something on a host, and where it does not (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_cli import GONE_SINCE

# As the command line reads it: what is no truth value counts as true.
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
#: What it never covered, with any version.
GAPS = (
    "programs that talk to the engine's API (modules of Ansible, the Docker SDKs, orchestrators) are not checked: only the docker "
    "command line looks at the variable",
    "builds with BuildKit (docker buildx, and docker build since version 23) do not check their base images",
    "docker compose does not check what it pulls",
    "an image that is named by its digest is pulled without a check",
)


@dataclass(frozen=True)
class HostTrust:
    """What was found on a host. `variable` None: not set; `version` None: there is no docker command line.

    `has_command`: whether the command line has `docker trust`; `daemon_setting`: whether daemon.json has `content-trust`.
    """

    variable: Optional[str]
    version: Optional[str]
    has_command: bool
    daemon_setting: bool = False


def judge_environment(found: HostTrust) -> Dict[str, Any]:
    """What a role can refuse on: `effective` is whether `docker pull NAME:TAG` of this command line refuses what is not signed."""
    wanted = is_set(found.variable)
    return {
        "docker_content_trust": found.variable,
        "cli_version": found.version,
        "effective": wanted and found.has_command,
        "reasons": _missing(found, wanted) + list(GAPS),
    }


def is_set(variable: Optional[str]) -> bool:
    """Whether the variable switches the checks of the command line on."""
    return bool(variable) and variable not in _FALSE


def _missing(found: HostTrust, wanted: bool) -> List[str]:
    reasons = []
    if found.version is None:
        reasons.append("there is no docker command line on this host")
    elif not found.has_command:
        reasons.append(
            "docker %s has no content trust: it was removed with version %d (November 2025), and DOCKER_CONTENT_TRUST does nothing"
            % (found.version, GONE_SINCE)
        )
    if not wanted:
        reasons.append("DOCKER_CONTENT_TRUST is not set in the environment that this task ran in")
    if found.daemon_setting:
        reasons.append(
            "daemon.json has content-trust, which only Mirantis Container Runtime knows; Docker Engine does not start with it or "
            "does not heed it"
        )
    return reasons
