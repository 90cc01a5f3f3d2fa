# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker scout: its arguments by version (docker/scout-cli docs, 1.0 to 1.26)."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    ARCHIVE,
    ENGINE,
    REGISTRY,
    SBOM,
    Call,
    Subject,
    Surroundings,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_common import Common
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import Listed, read_scout_sbom
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import Version, need

_SBOM_SINCE: Version = (1, 6, 0)
_TOLD = re.compile(r"\bIndexed (\d+) packages?\b|\b(\d+) packages? indexed\b")


class Scout(Common):
    name: str = "scout"
    title: str = "docker scout"
    program: str = "docker"
    oldest: Version = (1, 0, 0)
    variables: str = "DOCKER_SCOUT_"
    # Who it is at Docker Hub and in registries.
    kept_variables: Tuple[str, ...] = ("DOCKER_SCOUT_HUB_", "DOCKER_SCOUT_REGISTRY_")
    # 2 is that of --exit-code, which is not given here, but may be of an alias or wrapper.
    finished: Tuple[int, ...] = (0, 2)
    has_database: bool = False
    prefixes = {ENGINE: "local://", REGISTRY: "registry://", ARCHIVE: "archive://", SBOM: "sbom://"}
    credentials = ("DOCKER_SCOUT_REGISTRY_USER", "DOCKER_SCOUT_REGISTRY_PASSWORD", "DOCKER_SCOUT_REGISTRY_TOKEN")

    def version_calls(self) -> Sequence[Tuple[str, ...]]:
        return (("scout", "version"),)

    def scan(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        return self._call(["cves", "--format", "sarif"], subject, around, version)

    def packages(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        return self._call(["sbom", "--format", "json"], subject, around, version)

    def listed(self, text: str, where: str) -> Listed:
        return read_scout_sbom(text, where)

    def told(self, output: str) -> Optional[int]:
        found = _TOLD.findall(output)
        return int(found[-1][0] or found[-1][1]) if found else None

    def advice(self, output: str) -> Optional[str]:
        if "Log in with your Docker ID" in output or "not logged in" in output.lower():
            return (
                "docker scout is not logged in to Docker Hub, which it needs even for local images: give hub_username and "
                "hub_password (a personal access token), or log in on this host (docker login)"
            )
        return None

    def _call(self, words: List[str], subject: Subject, around: Surroundings, version: Version) -> Call:
        if around.offline:
            raise PolicyError("offline: docker scout cannot work without Docker Hub; take backend trivy or grype")
        if subject.source == SBOM:
            need("docker scout", "sbom://", _SBOM_SINCE, version)
        words += ["--output", around.report, *self.platform(subject)]
        return Call(
            ("scout", *words, self.located(subject)),
            {
                "DOCKER_SCOUT_CACHE_DIR": around.cache,
                "DOCKER_SCOUT_NEW_VERSION_WARN": "false",
                "DOCKER_SCOUT_EXPERIMENTAL_WARN": "false",
            },
        )
