# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`trivy image --format json --list-all-pkgs` (SchemaVersion 2).

Members that are empty are left out: no `Results` when nothing was detected at all, no `Vulnerabilities` in a result without any, no
`Packages` in a result when they are not listed or there are none.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.cvss import Rating, best
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.digests import digests_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import (
    Value,
    members_of,
    read_document,
    text_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned, unread_system
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.joined import joined
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.severity import TRIVY, severity_of

_SYSTEM = "os-pkgs"
_OF_PACKAGES = (_SYSTEM, "lang-pkgs")
#: Version of CVSS -> name of score and vector in a source's entry. V3 does not tell whether it is 3.0 or 3.1: the vector does.
_CVSS = ((4.0, "V40Score", "V40Vector"), (3.0, "V3Score", "V3Vector"), (2.0, "V2Score", "V2Vector"))


def read_trivy(text: str, where: str) -> Scanned:
    """What trivy told in the file `where`. Raises ToolError naming file and place for everything else.

    `packages` is the number of listed packages: 0 when trivy named no target with packages, None when it did and listed none.
    """
    document = read_document(text, where)
    schema = document.need("SchemaVersion")
    if isinstance(schema.raw, bool) or schema.raw != 2:
        raise schema.wrong("layout 2")
    results = document.listed("Results")
    metadata = document.get("Metadata")
    hidden = sum(len(members_of(result, "ExperimentalModifiedFindings")) for result in results)
    return Scanned(
        findings=joined(_finding(told, result) for result in results for told in _vulnerabilities(result)),
        packages=_packages(results),
        image=_image(metadata),
        system=_system(metadata),
        scanner=_scanner(document),
        notes=_notes(metadata, hidden),
        gaps=_gaps(results, _system(metadata)),
    )


def _vulnerabilities(result: Value) -> List[Value]:
    """Raises ToolError when they stand under another name than is known: a result without any must not be taken for a clean one."""
    result.need("Target").text()
    for name, member in result.members():
        first = member.raw[0] if isinstance(member.raw, list) and member.raw else None
        if isinstance(first, dict) and "VulnerabilityID" in first and name != "Vulnerabilities":
            raise ToolError(
                "%s: %s is a list of vulnerabilities under a name that is not known" % (result.where, member.place)
            )
    return result.listed("Vulnerabilities")


def _packages(results: List[Value]) -> Optional[int]:
    """A result without a list counts as none where others have one: then packages were listed, and this target has none."""
    listed = [result.get("Packages") for result in results]
    counts = [len(packages.elements()) for packages in listed if packages is not None]
    if counts:
        return sum(counts)
    classes = [text_of(result, "Class") for result in results]
    found = any(result.listed("Vulnerabilities") for result in results)
    return None if found or any(name is None or name in _OF_PACKAGES for name in classes) else 0


def _gaps(results: List[Value], system: Optional[str]) -> Tuple[str, ...]:
    listed = [result for result in results if result.get("Packages") is not None]
    read = any(text_of(one, "Class") == _SYSTEM and members_of(one, "Packages") for one in listed)
    return (unread_system("trivy", system),) if system is not None and listed and not read else ()


def _image(metadata: Optional[Value]) -> Identity:
    config = metadata.get("ImageConfig") if metadata is not None else None
    parts = (text_of(config, "os"), text_of(config, "architecture"))
    return Identity(
        configs=digests_of([text_of(metadata, "ImageID")]),
        manifests=digests_of(name.text() for name in members_of(metadata, "RepoDigests")),
        platform="/".join(part for part in parts if part) if all(parts) else None,
    )


def _system(metadata: Optional[Value]) -> Optional[str]:
    system = metadata.get("OS") if metadata is not None else None
    return " ".join(part for part in (text_of(system, "Family"), text_of(system, "Name")) if part) or None


def _scanner(document: Value) -> str:
    """Newer versions write theirs."""
    version = text_of(document.get("Trivy"), "Version")
    return "trivy %s" % version if version else "trivy"


def _notes(metadata: Optional[Value], hidden: int) -> Tuple[str, ...]:
    notes = []
    system = metadata.get("OS") if metadata is not None else None
    ended = system.get("EOSL") if system is not None else None
    if ended is not None and ended.flag():
        notes.append("%s gets no more updates from its makers: trivy may know of no fixes" % _system(metadata))
    if hidden:
        notes.append(
            "trivy left out by its own ignore file or VEX documents: %d findings (ExperimentalModifiedFindings)"
            % hidden
        )
    return tuple(notes)


def _finding(told: Value, result: Value) -> Finding:
    source = text_of(told, "SeveritySource")
    purl_text = text_of(told.get("PkgIdentifier"), "PURL")
    purl = parse_purl(purl_text) if purl_text is not None else None
    fixed, status = text_of(told, "FixedVersion"), text_of(told, "Status")
    rating = _rating(told, source)
    severity = told.get("Severity")
    sources: Dict[str, str] = {
        "severity": "Severity of %s" % source if source else "Severity",
        "fixed": "FixedVersion, Status %s" % status if status else "FixedVersion",
    }
    if rating is not None:
        sources["score"] = sources["vector"] = "CVSS.%s" % rating.source
    return Finding(
        id=told.need("VulnerabilityID").filled(),
        package=purl.package if purl is not None else told.need("PkgName").filled(),
        severity=severity_of(severity.text(), TRIVY, severity) if severity is not None else "unknown",
        purl=purl_text,
        installed=text_of(told, "InstalledVersion"),
        fixed=fixed,
        score=rating.score if rating is not None else None,
        vector=rating.vector if rating is not None else None,
        locations=_locations(told, result),
        layer=text_of(told.get("Layer"), "DiffID"),
        title=text_of(told, "Title"),
        url=text_of(told, "PrimaryURL"),
        aliases=tuple(alias.filled() for alias in members_of(told, "VendorIDs")),
        sources=sources,
    )


def _rating(told: Value, source: Optional[str]) -> Optional[Rating]:
    """Of the source that gave the severity, else of nvd, else of the others by name."""
    ratings: List[Rating] = []
    entries = told.get("CVSS")
    for name, entry in entries.members() if entries is not None else ():
        rank = 0 if name == source else 1 if name == "nvd" else 2
        for version, score_name, vector_name in _CVSS:
            score = entry.get(score_name)
            ratings.append(
                Rating(
                    version=version,
                    rank=rank,
                    source=name,
                    score=score.number(0, 10) if score is not None else None,
                    vector=text_of(entry, vector_name),
                )
            )
    return best(ratings)


def _locations(told: Value, result: Value) -> Tuple[str, ...]:
    """The file that holds the package; of a lock file or a binary it is the target itself. Packages of the system have none."""
    path = text_of(told, "PkgPath")
    if path is None and text_of(result, "Class") == "lang-pkgs":
        path = text_of(result, "Target")
    return ("/" + path.lstrip("/"),) if path is not None else ()
