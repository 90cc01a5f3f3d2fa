# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each driver of buildx takes (docker/buildx driver/*/factory.go, 0.13 to 0.36)."""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.values import plain_text

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
_ENTITLEMENT, _NETWORK = "--allow-insecure-entitlement", "network.host"
NETWORK_HOST = "%s=%s" % (_ENTITLEMENT, _NETWORK)


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
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise PolicyError("%s: %r is no text; quote it" % (where, value))
    return plain_text(value)


def implied_flag(driver: str, driver_opts: Mapping[str, str], flags: Tuple[str, ...], entitled: bool) -> Optional[str]:
    """What buildx adds to these flags. `entitled`: the configuration grants network.host itself."""
    if driver not in STARTING:
        return None
    given = _seen_entitlements(flags)
    if driver == CONTAINER and driver_opts.get("network") == "host" and _NETWORK not in given:
        return NETWORK_HOST
    return None if given or entitled else NETWORK_HOST


def _seen_entitlements(flags: Tuple[str, ...]) -> List[str]:
    """Those that buildx sees: it knows this one flag, and stops reading at the first other one."""
    found: List[str] = []
    words = iter(flags)
    for word in words:
        if word == "--" or (word.startswith("-") and len(word) > 1 and word.partition("=")[0] != _ENTITLEMENT):
            break
        if word.startswith("-") and len(word) > 1:
            value = word.partition("=")[2] if "=" in word else next(words, None)
            found += [value] if value is not None else []
    return found
