# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scanners have in common; each says where it differs."""

from __future__ import annotations

from typing import ClassVar, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    SBOM,
    Access,
    Call,
    Subject,
    Surroundings,
)


class Common:
    """Methods are those of the protocol Scanner, for one that has nothing special to tell."""

    finished: Tuple[int, ...] = (0,)
    has_database: bool = True
    trusts_by_bundle: bool = True
    database_folders: Tuple[str, ...] = ()
    #: What stands before the name of an image, by where it is to be read.
    prefixes: ClassVar[Mapping[str, str]] = {}
    #: Variables for user, password and token of a registry.
    credentials: ClassVar[Tuple[str, str, str]]
    #: Where the image is one of one platform anyway.
    without_platform: ClassVar[Tuple[str, ...]] = (SBOM,)

    def told(self, output: str) -> Optional[int]:
        return None

    def fetch_database(self, around: Surroundings) -> Optional[Call]:
        return None

    def database_age(self, around: Surroundings) -> Optional[Call]:
        return None

    def database_built(self, output: str) -> Optional[str]:
        return None

    def access(self, access: Access) -> Dict[str, str]:
        """A token stands instead of user and password."""
        username, password, token = self.credentials
        if access.token:
            return {token: access.token}
        if access.username:
            return {username: access.username, password: access.password or ""}
        return {}

    def located(self, subject: Subject) -> str:
        return self.prefixes.get(subject.source, "") + subject.name

    def platform(self, subject: Subject) -> List[str]:
        return (
            ["--platform", subject.platform] if subject.platform and subject.source not in self.without_platform else []
        )
