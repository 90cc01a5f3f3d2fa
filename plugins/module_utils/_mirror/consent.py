# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not done unless somebody said so (S13)."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Endpoint, Mirror, host_name


def insecure_refusal(mirrors: Sequence[Mirror], is_this_machine: Callable[[str], bool]) -> Optional[str]:
    """Why mirrors that prove nothing of themselves must not be used; those on this machine itself may."""
    for mirror in mirrors:
        for endpoint in mirror.endpoints:
            if endpoint.insecure and not endpoint.is_local and not is_this_machine(host_name(endpoint.host)):
                return (
                    "%s as a mirror of %s is insecure: whoever is on the way to it can hand out images of his own under any name. Use "
                    "https:// with ca_file, or say accept_insecure: true" % (endpoint.url, mirror.registry)
                )
    return None


def private_refusal(endpoint: Endpoint, names: Sequence[str]) -> str:
    """`names`: repositories of a mirror of Docker Hub that it does not have from there."""
    shown = ", ".join(names[:3]) + (" and %d more" % (len(names) - 3) if len(names) > 3 else "")
    return (
        "%s takes pushes and holds repositories of its own (%s). As a mirror of docker.io it answers for these names instead of "
        "Docker Hub, on every host. Use a pull-through cache, or say accept_private_names: true" % (endpoint.url, shown)
    )


def restart_refusal(info: Mapping[str, Any]) -> Optional[str]:
    """Why an engine must not be restarted: its containers would end."""
    running = info.get("ContainersRunning") or 0
    if info.get("LiveRestoreEnabled") or not running:
        return None
    return (
        "apply: restart would end %d running containers, since live-restore is off in this engine. Mirrors need a reload only: use "
        "apply: reload; or set live-restore, or say accept_interruption: true" % running
    )
