# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scanner found in one image, whichever scanner it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity

#: Worst first. A scanner's negligible and none are low here, and what it does not rate is unknown.
SEVERITIES = ("critical", "high", "medium", "low", "unknown")


@dataclass(frozen=True)
class Finding:
    """One vulnerability in one package.

    `id` is the CVE where the scanner tells one, else its own (GHSA, RUSTSEC, GMS); `aliases` are its other names. `package` is the
    name with namespace, decoded; `purl` as the scanner wrote it. `fixed` is None when no version has a fix. `score` is the CVSS base
    score 0 to 10; `epss` the probability 0 to 1; `kev` whether it is known to be exploited, None when the scanner does not tell.
    `locations` are paths in the image, `layer` the diff ID of the layer that brought it. `sources` tells for a field of this class
    where in the scanner's document it was read.
    """

    id: str
    package: str
    severity: str
    purl: Optional[str] = None
    installed: Optional[str] = None
    fixed: Optional[str] = None
    score: Optional[float] = None
    vector: Optional[str] = None
    epss: Optional[float] = None
    epss_percentile: Optional[float] = None
    kev: Optional[bool] = None
    locations: Tuple[str, ...] = ()
    layer: Optional[str] = None
    title: Optional[str] = None
    url: Optional[str] = None
    aliases: Tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Tuple[str, ...]:
        """What means all of it. An advisory for several CVEs is not meant by one of them: what is said of one says nothing of the others."""
        cves = {name.upper() for name in (self.id, *self.aliases) if name.upper().startswith("CVE-")}
        others = (name for name in self.aliases if len(cves) < 2 or not name.upper().startswith("CVE-"))
        return tuple(dict.fromkeys((self.id, *others)))


@dataclass(frozen=True)
class Scanned:
    """What one run of a scanner told of one image.

    `packages` how many packages it read, None when its document does not tell: nothing found then proves nothing. `image` is
    what the scanner says that it read, `database` the time its database was
    built as it tells it, `system` its operating system, `scanner` name and version. `gaps`
    say in sentences what it could not read, so that what was not found proves nothing. `findings` are in the order of `sort_key`,
    without repetition.
    """

    findings: Tuple[Finding, ...] = ()
    packages: Optional[int] = None
    image: Identity = Identity()
    database: Optional[str] = None
    system: Optional[str] = None
    scanner: str = ""
    notes: Tuple[str, ...] = ()
    gaps: Tuple[str, ...] = ()


def unread_system(scanner: str, system: str) -> str:
    """The gap that a system leaves of which no package was read: its records were taken out of the image, or the scanner does not know
    them, and goes on with the packages of languages alone."""
    words = "%s says that the system is %s and lists none of its packages, so nothing is known of them; keep the records of the package "
    return (words + "manager in the image, or scan it with a scanner that knows this system") % (scanner, system)


def sort_key(finding: Finding) -> Tuple[int, str, str, str, str]:
    """Worst first, then by names, so that the order depends on nothing but the findings."""
    return (
        SEVERITIES.index(finding.severity),
        finding.id,
        finding.package,
        finding.installed or "",
        finding.purl or "",
    )
