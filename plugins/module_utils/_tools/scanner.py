# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scanner is asked, and how it is told: a subject, its surroundings, one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Protocol, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import Listed
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import Version

#: Where a scanner reads the image. ANYWHERE leaves it to the scanner.
ANYWHERE, ENGINE, REGISTRY, ARCHIVE, SBOM = "anywhere", "engine", "registry", "archive", "sbom"


@dataclass(frozen=True)
class Subject:
    """`name` is a reference, or the path of a file for ARCHIVE and SBOM; `platform` as linux/arm64, None for that of this host."""

    source: str
    name: str
    platform: Optional[str] = None


@dataclass(frozen=True)
class Surroundings:
    """Of one call. `report` is the file to write; `cache` a folder that is removed afterwards; `settings` a configuration in YAML that
    sets nothing; `database` the folder of the vulnerability database, `repository` where that comes from; `oldest` is the age in
    seconds that it may have; `seconds` is the time limit."""

    report: str
    cache: str
    settings: str
    database: str
    seconds: int
    oldest: int
    repository: Optional[str] = None
    offline: bool = False
    fetched: bool = False


@dataclass(frozen=True)
class Access:
    """Who we are in the registry of the image, and how it is reached. A token stands instead of user and password."""

    host: str
    username: Optional[str] = None
    password: Optional[str] = None
    token: Optional[str] = None
    insecure: bool = False
    verify: bool = True
    ca_path: Optional[str] = None

    @property
    def has_credentials(self) -> bool:
        return bool(self.username or self.token)


@dataclass(frozen=True)
class Call:
    """Arguments after the program, and additions to its environment. Secrets are in the environment only."""

    words: Tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Scanner(Protocol):
    """One scanner. Calls raise ToolMissing for what `version` cannot do; nothing here starts a program."""

    #: As the option `backend` names it, as people call it, and the program that is looked for.
    name: str
    title: str
    program: str
    oldest: Version
    #: How the names of its own variables begin. It never sees those of the task's environment, since any of them may hide findings
    #: or change what is written, but those that begin with one of `kept_variables`.
    variables: str
    kept_variables: Tuple[str, ...]
    #: Exit codes with which a complete report may come.
    finished: Tuple[int, ...]
    #: Whether it has a database on this host.
    has_database: bool
    #: Whether it knows no variable for the CA of one registry, so that it needs all that it is to trust in one file.
    trusts_by_bundle: bool
    #: Folders of the database that lie in the folder of its cache; none when it is told where the database is.
    database_folders: Tuple[str, ...]

    def version_calls(self) -> Sequence[Tuple[str, ...]]:
        """Arguments that make it tell its version, the best first."""

    def scan(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        """Writes the vulnerabilities to `around.report`."""

    def packages(self, subject: Subject, around: Surroundings, version: Version) -> Call:
        """Writes the packages that it reads in the image to `around.report`."""

    def listed(self, text: str, where: str) -> Listed:
        """The packages in what `packages` wrote. Raises ToolError."""

    def told(self, output: str) -> Optional[int]:
        """The packages that it read, as its progress tells; None when it does not."""

    def fetch_database(self, around: Surroundings) -> Optional[Call]:
        """Fetches the database alone, None when it cannot be had apart from a scan."""

    def database_age(self, around: Surroundings) -> Optional[Call]:
        """Prints when the database was built; None when a report tells it, or there is no database on this host."""

    def database_built(self, output: str) -> Optional[str]:
        """The time in what `database_age` prints, None when there is none."""

    def access(self, access: Access) -> Mapping[str, str]:
        """The environment for one registry, but for `ca_path` where `trusts_by_bundle`."""

    def advice(self, output: str) -> Optional[str]:
        """What to do about a failure that is known by its words; None for others."""
