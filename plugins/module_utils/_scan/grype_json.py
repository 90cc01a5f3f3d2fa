# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`grype -o json`. It does not tell how many packages were read, and moves what its own rules ignore into a list of its own."""

from __future__ import annotations

import re
from collections import Counter
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
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.joined import joined
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.severity import GRYPE, severity_of

# The database of this version on lists the known exploited: before, that a vulnerability is not listed says nothing.
_TELLS_EXPLOITED = (0, 88)
_NO_FIX = ("not-fixed", "wont-fix")
_TITLE = 200
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def read_grype(text: str, where: str) -> Scanned:
    """What grype told in the file `where`. Raises ToolError naming file and place for everything else. `packages` is None."""
    document = read_document(text, where)
    descriptor = document.need("descriptor")
    name = descriptor.need("name")
    if name.text() != "grype":
        raise name.wrong("a document of grype")
    version = text_of(descriptor, "version")
    exploited = _tells_exploited(version)
    distro = document.get("distro")
    return Scanned(
        findings=joined(_finding(match, exploited) for match in document.need("matches").elements()),
        image=_image(document.get("source")),
        system=" ".join(part for part in (text_of(distro, "name"), text_of(distro, "version")) if part) or None,
        scanner="grype %s" % version if version else "grype",
        database=text_of(_database(descriptor), "built"),
        notes=_ignored(members_of(document, "ignoredMatches")),
    )


def _tells_exploited(version: Optional[str]) -> bool:
    found = _VERSION.match(version or "")
    return found is not None and (int(found.group(1)), int(found.group(2))) >= _TELLS_EXPLOITED


def _image(source: Optional[Value]) -> Identity:
    """Nothing of a directory or a file of packages, of which the target is a text."""
    target = source.get("target") if source is not None else None
    if target is None or isinstance(target.raw, str):
        return Identity()
    pulled = digests_of(name.text() for name in members_of(target, "repoDigests"))
    parts = (text_of(target, "os"), text_of(target, "architecture"))
    return Identity(
        configs=digests_of([text_of(target, "imageID")]),
        # Of an image that came from no registry, grype makes a manifest of its own, whose digest nobody else knows.
        manifests=digests_of([*pulled, text_of(target, "manifestDigest")]) if pulled else (),
        platform="/".join(part for part in parts if part) if all(parts) else None,
    )


def _database(descriptor: Value) -> Optional[Value]:
    """Version 6 has the state of the database in `status`, older ones right in `db`. Raises ToolError when it is not valid."""
    database = descriptor.get("db")
    status = (database.get("status") or database) if database is not None else None
    error = text_of(status, "error")
    valid = status.get("valid") if status is not None else None
    if error is not None or (valid is not None and not valid.flag()):
        raise ToolError(
            "%s: the database of grype is not valid, so what it found says nothing: %s. Fetch it anew (grype db delete, grype db update)"
            % (descriptor.where, error or "it does not say why")
        )
    return status


def _ignored(matches: List[Value]) -> Tuple[str, ...]:
    """One note per cause. Ignored matches are no findings, but nobody shall take them for absent ones."""
    causes = Counter(_cause(match) for match in matches)
    return tuple(
        "grype left out by %s: %d matches (ignoredMatches)" % (cause, count) for cause, count in sorted(causes.items())
    )


def _cause(match: Value) -> str:
    rules = [
        {key for key, value in rule.members() if value.raw != ""} for rule in members_of(match, "appliedIgnoreRules")
    ]
    if any("vex-status" in rule for rule in rules):
        return "VEX documents"
    if any(rule == {"fix-state"} for rule in rules):
        return "an option on fix states"
    return "its own ignore rules"


def _finding(match: Value, tells_exploited: bool) -> Finding:
    told, artifact = match.need("vulnerability"), match.need("artifact")
    related = members_of(match, "relatedVulnerabilities")
    name, aliases = _names(told, related)
    purl_text = text_of(artifact, "purl")
    purl = parse_purl(purl_text) if purl_text is not None else None
    locations = members_of(artifact, "locations")
    paths = [location.need("path").filled() for location in locations]
    layers = [text_of(location, "layerID") for location in locations]
    severity = told.get("severity")
    sources: Dict[str, str] = {"severity": "vulnerability.severity", "fixed": _fix_source(told)}
    rating = _rating(told, related)
    if rating is not None:
        sources["score"] = sources["vector"] = rating.source
    epss, percentile = _epss(told, related, name, sources)
    return Finding(
        id=name,
        package=purl.package if purl is not None else artifact.need("name").filled(),
        severity=severity_of(severity.text(), GRYPE, severity) if severity is not None else "unknown",
        purl=purl_text,
        installed=text_of(artifact, "version"),
        fixed=_fixed(told),
        score=rating.score if rating is not None else None,
        vector=rating.vector if rating is not None else None,
        epss=epss,
        epss_percentile=percentile,
        kev=_exploited(told, related, tells_exploited, sources),
        locations=tuple(paths),
        layer=next((layer for layer in layers if layer is not None), None),
        title=_title(told, related),
        url=text_of(told, "dataSource"),
        aliases=aliases,
        sources=sources,
    )


def _names(told: Value, related: List[Value]) -> Tuple[str, Tuple[str, ...]]:
    """The CVE where exactly one is meant: an advisory (GHSA, ELSA) for several CVEs keeps its own name."""
    own = told.need("id").filled()
    names = {one.need("id").filled() for one in related}
    cves = sorted(name for name in names if name.startswith("CVE-"))
    chosen = cves[0] if len(cves) == 1 and not own.startswith("CVE-") else own
    return chosen, tuple(sorted((names | {own}) - {chosen}))


def _fixed(told: Value) -> Optional[str]:
    fix = told.get("fix")
    versions = [version.filled() for version in members_of(fix, "versions")]
    return None if text_of(fix, "state") in _NO_FIX else ", ".join(versions) or None


def _fix_source(told: Value) -> str:
    state = text_of(told.get("fix"), "state")
    return "vulnerability.fix, state %s" % state if state else "vulnerability.fix"


def _rating(told: Value, related: List[Value]) -> Optional[Rating]:
    """The primary rating (of the one that issued the vulnerability's name) before secondary ones, all before related ones."""
    ratings = _ratings(told, "vulnerability.cvss", 0)
    for one in related:
        ratings.extend(_ratings(one, "relatedVulnerabilities.cvss", 2))
    return best(ratings)


def _ratings(told: Value, place: str, rank: int) -> List[Rating]:
    ratings = []
    for entry in members_of(told, "cvss"):
        source = text_of(entry, "source")
        primary = (text_of(entry, "type") or "primary").lower() == "primary"
        metrics = entry.get("metrics")
        score = metrics.get("baseScore") if metrics is not None else None
        ratings.append(
            Rating(
                version=_cvss_version(entry),
                rank=rank if primary else rank + 1,
                source="%s of %s" % (place, source) if source else place,
                score=score.number(0, 10) if score is not None else None,
                vector=text_of(entry, "vector"),
            )
        )
    return ratings


def _cvss_version(entry: Value) -> float:
    version = entry.get("version")
    found = _VERSION.match(version.text()) if version is not None else None
    if version is not None and version.raw and found is None:
        raise version.wrong("a version of CVSS")
    return float("%s.%s" % found.groups()) if found is not None else 0.0


def _epss(
    told: Value, related: List[Value], name: str, sources: Dict[str, str]
) -> Tuple[Optional[float], Optional[float]]:
    """Of this CVE; of an advisory for several the highest."""
    found: List[Tuple[bool, float, float, str]] = []
    for one, place in [(told, "vulnerability.epss")] + [(one, "relatedVulnerabilities.epss") for one in related]:
        for entry in members_of(one, "epss"):
            epss, percentile = entry.need("epss").number(0, 1), entry.need("percentile").number(0, 1)
            found.append((text_of(entry, "cve") == name, epss, percentile, place))
    if not found:
        return None, None
    _own, epss, percentile, place = max(found)
    sources["epss"] = sources["epss_percentile"] = place
    return epss, percentile


def _exploited(told: Value, related: List[Value], tells: bool, sources: Dict[str, str]) -> Optional[bool]:
    listed = any(members_of(one, "knownExploited") for one in [told, *related])
    if listed or tells:
        sources["kev"] = "knownExploited"
        return listed
    return None


def _title(told: Value, related: List[Value]) -> Optional[str]:
    """grype has no titles: the beginning of the description."""
    for one in [told, *related]:
        lines: List[str] = (text_of(one, "description") or "").splitlines()
        if lines:
            line = lines[0].strip()
            return line if len(line) <= _TITLE else line[: _TITLE - 3] + "..."
    return None
