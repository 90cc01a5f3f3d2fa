# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role registry_mirror calls the parts of a cache, so that nothing but its own is ever touched."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

CONFIG_FOLDER = "/etc/imagefleet-mirror"
STORAGE_FOLDER = "/var/lib/imagefleet-mirror"
# A user of its own carries the name, and Linux takes 32 characters (useradd(8)).
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,12}[a-z0-9])?")
MARKER = ".imagefleet-mirror.json"
ORDER = ".imagefleet-order"
ASIDE = ".imagefleet-aside"
EMPTIED = ".imagefleet-emptied"
# What the registry keeps: its content, and when 2.8 wants to let pieces of it expire.
CONTENT = ("docker", "scheduler-state.json")
EMPTY, RESTORE = "empty", "restore"
_REMOTE = re.compile(r"(?m)^[^#\n]*\bremoteurl[\"']?\s*:\s*[\"']?(https?)://([^/\s\"']+)")


@dataclass(frozen=True)
class CacheNames:
    """The parts of one cache."""

    name: str

    @property
    def unit(self) -> str:
        return "imagefleet-mirror-%s.service" % self.name

    @property
    def config(self) -> str:
        return "%s/%s/config.yml" % (CONFIG_FOLDER, self.name)

    @property
    def storage(self) -> str:
        """Where its content lies unless another place was chosen."""
        return "%s/%s" % (STORAGE_FOLDER, self.name)


@dataclass(frozen=True)
class Upstream:
    """The registry behind a cache: host or host:port, and whether it is spoken to by plain HTTP."""

    registry: str
    insecure: bool


def cache_names(value: object) -> CacheNames:
    """Raises PolicyError."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise PolicyError(
            "cache: %r is not the name of a cache: 1 to 14 lower-case letters, digits and '-', as registry_mirror_caches has it"
            % (value,)
        )
    return CacheNames(value)


def marked(data: Optional[bytes]) -> Optional[str]:
    """The name of the cache that a marker in a storage folder stands for; None for no marker of ours."""
    try:
        document = json.loads(data.decode("utf-8")) if data is not None else None
    except (ValueError, RecursionError):
        return None
    name = document.get("cache") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def upstream_of(config: str) -> Optional[Upstream]:
    """From the text of a cache's configuration, as the role writes it."""
    match = _REMOTE.search(config)
    return None if match is None else Upstream(match.group(2), match.group(1) == "http")
