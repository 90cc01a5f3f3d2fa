# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trivy: its arguments by version (aquasecurity/trivy command reference, 0.37 to 0.74)."""

from __future__ import annotations

import json
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    ARCHIVE,
    ENGINE,
    REGISTRY,
    SBOM,
    Access,
    Call,
    Subject,
    Surroundings,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_common import Common
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import Listed
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import Version, needs

_SOURCES = {ENGINE: "docker", REGISTRY: "remote"}
#: What came after the oldest that is used here.
_SINCE: Mapping[str, Version] = {"--skip-java-db-update": (0, 38, 0)}
# aquasecurity/trivy#4047. Older ones look in engines first and in the registry then, which finds the same digest.
_IMAGE_SRC_SINCE: Version = (0, 42, 0)


class Trivy(Common):
    name: str = "trivy"
    title: str = "trivy"
    program: str = "trivy"
    # --scanners; before it was --security-checks.
    oldest: Version = (0, 37, 0)
    variables: str = "TRIVY_"
    # Where its databases come from, and who it is in registries.
    kept_variables: Tuple[str, ...] = (
        "TRIVY_CACERT",
        "TRIVY_DB_REPOSITORY",
        "TRIVY_INSECURE",
        "TRIVY_JAVA_DB_REPOSITORY",
        "TRIVY_NON_SSL",
        "TRIVY_PASSWORD",
        "TRIVY_REGISTRY_TOKEN",
        "TRIVY_USERNAME",
    )
    database_folders: Tuple[str, ...] = ("db", "java-db")
    credentials = ("TRIVY_USERNAME", "TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN")
    without_platform = (ARCHIVE, SBOM)

    def version_calls(self) -> Sequence[Tuple[str, ...]]:
        return (("--version",), ("version",))

    def scan(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        words = [
            "sbom" if subject.source == SBOM else "image",
            "--format",
            "json",
            "--output",
            around.report,
            "--quiet",
        ]
        words += ["--cache-dir", around.cache, "--timeout", "%ds" % around.seconds, "--list-all-pkgs"]
        if subject.source != SBOM:
            words += ["--scanners", "vuln", *self.platform(subject)]
            if subject.source in _SOURCES and version >= _IMAGE_SRC_SINCE:
                words += ["--image-src", _SOURCES[subject.source]]
        words += self._database(around)
        words += ["--input", subject.name] if subject.source == ARCHIVE else [subject.name]
        needs("trivy", words, _SINCE, version)
        return Call(tuple(words))

    def packages(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        raise ToolError(
            "trivy %s lists no packages although --list-all-pkgs was given, so it did not read the image"
            % ".".join(str(part) for part in version)
        )

    def listed(self, text: str, where: str) -> Listed:
        raise ToolError("%s: trivy lists packages in its report alone" % where)

    def fetch_database(self, around: Surroundings) -> Optional[Call]:
        words = [
            "image",
            "--download-db-only",
            "--quiet",
            "--cache-dir",
            around.cache,
            "--timeout",
            "%ds" % around.seconds,
        ]
        return Call(tuple(words + self._repository(around)))

    def database_age(self, around: Surroundings) -> Optional[Call]:
        return Call(("version", "--format", "json", "--cache-dir", around.cache))

    def database_built(self, output: str) -> Optional[str]:
        try:
            built = json.loads(output)["VulnerabilityDB"]["UpdatedAt"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return built if isinstance(built, str) else None

    def access(self, access: Access) -> Dict[str, str]:
        environment = super().access(access)
        if access.insecure:
            environment["TRIVY_NON_SSL"] = "true"
        if access.insecure or not access.verify:
            environment["TRIVY_INSECURE"] = "true"
        return environment

    def advice(self, output: str) -> Optional[str]:
        if "cannot be specified on the first run" in output:
            return (
                "its database is not there: put a copy into database_dir (trivy image --download-db-only --cache-dir DIR where "
                "there is a network), or leave offline out"
            )
        if "TOOMANYREQUESTS" in output or "toomanyrequests" in output:
            return (
                "the registry of its database refuses more downloads: keep the database in database_dir, or name a copy in a "
                "registry of yours with database_repository"
            )
        return None

    def _database(self, around: Surroundings) -> List[str]:
        if around.offline:
            return ["--skip-db-update", "--skip-java-db-update", "--offline-scan"]
        if around.fetched:
            return ["--skip-db-update"]
        return self._repository(around)

    @staticmethod
    def _repository(around: Surroundings) -> List[str]:
        return ["--db-repository", around.repository] if around.repository else []
