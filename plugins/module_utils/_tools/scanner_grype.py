# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grype: its arguments by version (anchore/grype README and configuration reference, 0.55 to 0.118)."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Sequence, Tuple

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
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import Listed, read_cyclonedx
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import Version

_STALE = re.compile(r"vulnerability database was built ([^(\n]*?) ago \(max allowed age is ([^)]*)\)")


class Grype(Common):
    name: str = "grype"
    title: str = "grype"
    program: str = "grype"
    # cyclonedx-json with all packages (anchore/grype#1038).
    oldest: Version = (0, 55, 0)
    variables: str = "GRYPE_"
    # How its database is had, and who it is in registries.
    kept_variables: Tuple[str, ...] = ("GRYPE_DB_", "GRYPE_REGISTRY_")
    # 2 is that of a configured fail-on-severity, with a complete report.
    finished: Tuple[int, ...] = (0, 2)
    trusts_by_bundle: bool = False
    prefixes = {ENGINE: "docker:", REGISTRY: "registry:", ARCHIVE: "docker-archive:", SBOM: "sbom:"}
    credentials = (
        "GRYPE_REGISTRY_AUTH_USERNAME",
        "GRYPE_REGISTRY_AUTH_PASSWORD",
        "GRYPE_REGISTRY_AUTH_TOKEN",
    )
    without_platform = (ARCHIVE, SBOM)

    def version_calls(self) -> Sequence[Tuple[str, ...]]:
        return (("version", "-o", "json"), ("version",), ("--version",))

    def scan(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        return self._call("json", subject, around)

    def packages(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        return self._call("cyclonedx-json", subject, around)

    def listed(self, text: str, where: str) -> Listed:
        return read_cyclonedx(text, where)

    def access(self, access: Access) -> Dict[str, str]:
        environment = super().access(access)
        if environment:
            # They name the registry that they are for, so it may fetch its database while it has them.
            environment["GRYPE_REGISTRY_AUTH_AUTHORITY"] = access.host
        if access.insecure:
            environment["GRYPE_REGISTRY_INSECURE_USE_HTTP"] = "true"
        if not access.verify:
            environment["GRYPE_REGISTRY_INSECURE_SKIP_TLS_VERIFY"] = "true"
        if access.ca_path:
            environment["GRYPE_REGISTRY_CA_CERT"] = access.ca_path
        return environment

    def advice(self, output: str) -> Optional[str]:
        stale = _STALE.search(output)
        if stale is not None:
            return (
                "its database was built %s ago, and it takes none older than %s: update it (grype db update; without a network "
                "grype db import FILE), leave offline out, or allow more with max_database_age"
                % (stale.group(1).strip(), stale.group(2))
            )
        if "database does not exist" in output or "no vulnerability database" in output.lower():
            return (
                "its database is not there: import one into database_dir (GRYPE_DB_CACHE_DIR=DIR grype db import FILE), or leave "
                "offline out"
            )
        return None

    def _call(self, output: str, subject: Subject, around: Surroundings) -> Call:
        words: List[str] = [self.located(subject), "-o", output, "--file", around.report]
        # Without one it reads a .grype.yaml of the user, whose rules may hide findings.
        words += ["--config", around.settings, *self.platform(subject)]
        environment = {
            "GRYPE_DB_CACHE_DIR": around.database,
            "GRYPE_CHECK_FOR_APP_UPDATE": "false",
            "GRYPE_DB_VALIDATE_AGE": "true",
            "GRYPE_DB_MAX_ALLOWED_BUILT_AGE": "%ds" % around.oldest,
        }
        if around.offline:
            environment["GRYPE_DB_AUTO_UPDATE"] = "false"
        return Call(tuple(words), environment)
