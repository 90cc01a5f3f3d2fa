# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""containerd as it is here: its version, and whether it looks at hosts.toml at all. Its configuration is not changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import parse_version
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import Places
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAXIMUM_BYTES = 4 * 1024 * 1024
_CONFIG_PATH = re.compile(r"""(?m)^\s*config_path\s*=\s*["']([^"'\n]+)["']""")


@dataclass(frozen=True)
class Containerd:
    """`version` None when there is no containerd to be asked; `notes` in plain words."""

    version: Optional[Tuple[int, int]]
    notes: Tuple[str, ...]


def look_at_containerd(places: Places, run: Run) -> Containerd:
    """Raises StateError when its configuration may not be read."""
    return Containerd(_version(run), _notes(places))


def _version(run: Run) -> Optional[Tuple[int, int]]:
    try:
        code, output, _errors = run(["containerd", "--version"])
    except (OSError, StateError):
        return None
    return parse_version(output.partition("containerd ")[2]) if code == 0 else None


def _notes(places: Places) -> Tuple[str, ...]:
    text = (read_capped(places.containerd_config, MAXIMUM_BYTES) or b"").decode("utf-8", "replace")
    paths = {path for told in _CONFIG_PATH.findall(text) for path in told.split(":")}
    if places.containerd_hosts in paths:
        several = len(paths) > 1
        return (
            (
                "config_path in %s names several folders, which containerd 2.2.0 does not read right"
                % places.containerd_config,
            )
            if several
            else ()
        )
    return (
        "containerd's CRI reads %s only when config_path in %s names it (table registry of its images plugin), after a restart of "
        "containerd; ctr takes it with --hosts-dir" % (places.containerd_hosts, places.containerd_config),
    )
