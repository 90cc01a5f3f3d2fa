# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each driver of buildx takes (docker/buildx driver/*/factory.go, 0.13 to 0.36)."""

from __future__ import annotations

import difflib
from typing import Any, Dict, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

CONTAINER, DOCKER, REMOTE, KUBERNETES = "docker-container", "docker", "remote", "kubernetes"
DRIVERS = (CONTAINER, DOCKER, REMOTE, KUBERNETES)
#: Drivers that start a buildkitd, and so give it flags and a configuration.
STARTING = (CONTAINER, KUBERNETES)

_OPTIONS: Mapping[str, Tuple[str, ...]] = {
    CONTAINER: (
        "allow-untrusted-image",
        "cgroup-parent",
        "cpu-period",
        "cpu-quota",
        "cpu-shares",
        "cpuset-cpus",
        "cpuset-mems",
        "default-load",
        "gpus",
        "image",
        "memory",
        "memory-swap",
        "network",
        "provenance-add-gha",
        "restart-policy",
    ),
    REMOTE: ("cacert", "cert", "default-load", "key", "servername"),
    KUBERNETES: (
        "annotations",
        "default-load",
        "image",
        "labels",
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "loadbalance",
        "namespace",
        "nodeselector",
        "qemu.image",
        "qemu.install",
        "replicas",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
        "rootless",
        "schedulername",
        "serviceaccount",
        "timeout",
        "tolerations",
    ),
}
_CLOSE = 0.75
#: What buildx adds itself where nothing of the kind is said (builder.go, parseBuildkitdFlags).
NETWORK_HOST = "--allow-insecure-entitlement=network.host"
_ENTITLEMENT = "--allow-insecure-entitlement"


def parse_driver_opts(where: str, driver: str, value: Any) -> Dict[str, str]:
    """Name -> value as text. Raises PolicyError for a name that is nearly one that the driver knows.

    Other unknown names are left to buildx, which may be newer than this list and refuses what it does not know.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise PolicyError("%s: %r is not a mapping of names to values" % (where, value))
    found: Dict[str, str] = {}
    known = _OPTIONS.get(driver, ())
    for name in map(str, value):
        near = () if name in known or name.startswith("env.") else difflib.get_close_matches(name, known, 1, _CLOSE)
        if near or name == "env.":
            raise PolicyError(
                "%s: the driver %s has no option %s; %s"
                % (where, driver, name, "did you mean %s?" % near[0] if near else "write env.NAME")
            )
        found[name] = _text("%s.%s" % (where, name), value[name])
    if driver == REMOTE:
        for name in ("cacert", "cert", "key"):
            if name in found and not found[name].startswith("/"):
                raise PolicyError("%s.%s: %r is not an absolute path" % (where, name, found[name]))
    return found


def _text(where: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise PolicyError("%s: %r is no text; quote it" % (where, value))
    return str(value)


def implied_flag(driver: str, driver_opts: Mapping[str, str], flags: Tuple[str, ...], entitled: bool) -> Optional[str]:
    """What buildx adds to these flags. `entitled`: the configuration grants network.host itself."""
    given = [flag for flag in flags if flag.startswith(_ENTITLEMENT)]
    if driver not in STARTING or NETWORK_HOST in flags:
        return None
    if driver == CONTAINER and driver_opts.get("network") == "host":
        return NETWORK_HOST
    return None if given or entitled else NETWORK_HOST
