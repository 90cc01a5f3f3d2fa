# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`docker scout cves --format sarif` (SARIF 2.1.0), versions 0.24 to 1.26.

A rule stands for one vulnerability and may cover several packages, but its purl and fixed version describe only one of them. So
there is one finding per result, and package and fix come from the result's own message. SARIF tells neither how many packages were
read nor which image it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import (
    Value,
    find_document,
    members_of,
    number_in,
    shown,
    text_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Finding, Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.joined import joined
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.scout_message import (
    first,
    probability,
    read_message,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.severity import SCOUT, severity_of

_LOGGED_OUT = ("log in with your docker id", "docker login", "not logged in")
_NOT_FIXED = "not fixed"
_MANY = 10**9


@dataclass(frozen=True)
class _Rule:
    """What only the rule tells of a vulnerability."""

    id: str
    title: Optional[str] = None
    url: Optional[str] = None
    severity: Optional[str] = None
    score: Optional[float] = None
    vector: Optional[str] = None


class _Rules:
    """The rules of one run. A name that stands twice is its first rule, for who does not tell the index."""

    def __init__(self, in_order: List[_Rule]) -> None:
        self.in_order = in_order
        self.by_name = {rule.id: rule for rule in reversed(in_order)}


def read_scout(text: str, where: str) -> Scanned:
    """What docker scout told in the file `where`. Raises ToolError naming file and place for everything else.

    Old versions print advice around the document: text before and after it is passed over, and noted. `packages` is None.
    """
    document, around = find_document(text, where)
    if document is None:
        raise ToolError(_no_document(text, where))
    version = document.need("version")
    if version.text() != "2.1.0":
        raise version.wrong("SARIF version 2.1.0")
    runs = document.need("runs")
    findings: List[Finding] = []
    scanners: Dict[str, None] = {}
    suppressed = 0
    for run in runs.elements():
        driver = run.need("tool").need("driver")
        scanners[_scanner(driver)] = None
        rules = _Rules([_rule(rule) for rule in members_of(driver, "rules")])
        for result in run.need("results").elements():
            findings.extend(_findings(result, rules))
            suppressed += bool(members_of(result, "suppressions"))
    if not scanners:
        raise runs.wrong("a list with at least one run")
    notes = []
    if suppressed:
        notes.append("docker scout marks %d of its results as suppressed; they count here all the same" % suppressed)
    if around.strip("\ufeff \t\r\n"):
        notes.append("docker scout printed other text beside its report; it was passed over")
    return Scanned(findings=joined(findings), system=_system(findings), scanner=", ".join(scanners), notes=tuple(notes))


def _no_document(text: str, where: str) -> str:
    told = " ".join(text.split())
    if not told:
        return "%s is empty: docker scout wrote nothing. Its errors tell why" % where
    if any(word in told.lower() for word in _LOGGED_OUT):
        return (
            "%s: docker scout is logged out: it answers %s. It needs a Docker Hub login for every image, local ones too: set its user "
            "and access token (DOCKER_SCOUT_HUB_USER, DOCKER_SCOUT_HUB_PASSWORD), or run docker login"
            % (where, shown(told))
        )
    return "%s: line 1 holds no SARIF document; docker scout answers %s" % (where, shown(told))


def _scanner(driver: Value) -> str:
    name = driver.need("name")
    if "scout" not in name.filled().lower():
        raise name.wrong("a document of docker scout")
    version = text_of(driver, "version")
    return "docker scout %s" % version if version else "docker scout"


def _rule(rule: Value) -> _Rule:
    name = rule.need("id").filled()
    properties = rule.get("properties")
    score = properties.get("cvssV3") if properties is not None else None
    return _Rule(
        id=name,
        title=_title(name, text_of(rule.get("shortDescription"), "text")),
        url=_url(rule, properties),
        severity=text_of(properties, "cvssV3_severity"),
        score=_score(score) if score is not None else None,
        vector=text_of(properties, "cvssV3_vector"),
    )


def _score(score: Value) -> float:
    """A number; as text in some versions, as `security-severity` always is."""
    if isinstance(score.raw, str):
        return number_in(score.raw, 0, 10, score, "the score")
    return score.number(0, 10)


def _title(name: str, description: Optional[str]) -> Optional[str]:
    """Without the identifier that it begins with."""
    if description is None or description == name:
        return None
    start = name + ":"
    return (description[len(start) :].strip() if description.startswith(start) else description) or None


def _url(rule: Value, properties: Optional[Value]) -> Optional[str]:
    """Its query names one package: with several packages it is left out."""
    url = text_of(rule, "helpUri")
    several = len([purl.filled() for purl in members_of(properties, "purls")]) > 1
    return url.partition("?")[0] if url is not None and several else url


def _findings(result: Value, rules: _Rules) -> List[Finding]:
    """One; more only when the message names several packages."""
    message = result.need("message").need("text")
    lines = read_message(message.text())
    kind = result.get("kind")
    if kind is not None and kind.text() != "fail":
        raise kind.wrong("'fail'")
    rule = _rule_of(result, rules, first(lines, "vulnerability"))
    packages = lines.get("package")
    if not packages:
        raise ToolError("%s: %s has no line 'Package : ...'" % (message.where, message.place))
    return [_finding(result, message, lines, rule, package) for package in packages]


def _rule_of(result: Value, rules: _Rules, named: Optional[str]) -> _Rule:
    """The rule of a result, which names it, or tells its index, or both. Raises ToolError when rule and message name two things."""
    told, index = result.get("ruleId"), result.get("ruleIndex")
    position = int(index.number(-1, _MANY)) if index is not None else -1
    indexed = rules.in_order[position] if 0 <= position < len(rules.in_order) else None
    name = told.filled() if told is not None else indexed.id if indexed is not None else named
    if name is None:
        raise ToolError("%s: %s.ruleId is missing" % (result.where, result.place))
    if named is not None and named != name:
        raise ToolError(
            "%s: %s.message.text names %s, its rule %s" % (result.where, result.place, shown(named), shown(name))
        )
    return indexed if indexed is not None and indexed.id == name else rules.by_name.get(name, _Rule(name))


def _finding(result: Value, message: Value, lines: Dict[str, List[str]], rule: _Rule, package: str) -> Finding:
    sources = {"package": "message: Package", "installed": "message: Package", "fixed": "message: Fixed version"}
    purl = parse_purl(package)
    score, vector = _cvss(message, lines, rule, sources)
    epss, percentile = first(lines, "epss score"), first(lines, "epss percentile")
    for name, told in (("epss", epss), ("epss_percentile", percentile)):
        if told is not None:
            sources[name] = "message: EPSS"
    for name, told in (("title", rule.title), ("url", rule.url)):
        if told is not None:
            sources[name] = "rule: shortDescription" if name == "title" else "rule: helpUri"
    return Finding(
        id=rule.id,
        package=purl.package if purl is not None else package,
        severity=_severity(message, lines, rule, sources),
        purl=package,
        installed=purl.version if purl is not None else None,
        fixed=_fixed(message, lines),
        score=score,
        vector=vector,
        epss=probability(epss, message, "EPSS Score") if epss is not None else None,
        epss_percentile=probability(percentile, message, "EPSS Percentile") if percentile is not None else None,
        locations=_locations(result),
        title=rule.title,
        url=rule.url,
        sources=sources,
    )


def _severity(message: Value, lines: Dict[str, List[str]], rule: _Rule, sources: Dict[str, str]) -> str:
    told = first(lines, "severity")
    sources["severity"] = "message: Severity" if told is not None else "rule: cvssV3_severity"
    return severity_of(told or rule.severity or "unspecified", SCOUT, message)


def _cvss(
    message: Value, lines: Dict[str, List[str]], rule: _Rule, sources: Dict[str, str]
) -> Tuple[Optional[float], Optional[str]]:
    """Score and vector, both of the message or both of the rule: one explains the other."""
    score, vector = first(lines, "cvss score"), first(lines, "cvss vector")
    if score is None and vector is None:
        told: Tuple[Optional[float], Optional[str]] = rule.score, rule.vector
        origin = "rule: cvssV3"
    else:
        told = (number_in(score, 0, 10, message, "CVSS Score") if score is not None else None), vector
        origin = "message: CVSS"
    for name, value in zip(("score", "vector"), told):
        if value is not None:
            sources[name] = origin
    return told


def _fixed(message: Value, lines: Dict[str, List[str]]) -> Optional[str]:
    """None for "not fixed". Raises ToolError when the message does not tell."""
    told = [line for line in lines.get("fixed version", []) if line]
    if not told:
        raise ToolError("%s: %s has no line 'Fixed version : ...'" % (message.where, message.place))
    versions = [line for line in told if line.lower() != _NOT_FIXED]
    return ", ".join(versions) or None


def _locations(result: Value) -> Tuple[str, ...]:
    found = []
    for location in members_of(result, "locations"):
        physical = location.get("physicalLocation")
        artifact = physical.get("artifactLocation") if physical is not None else None
        uri = text_of(artifact, "uri")
        if uri is not None:
            found.append(uri.replace("\\", "/"))
    return tuple(found)


def _system(findings: List[Finding]) -> Optional[str]:
    """The one distribution that the packages name, as `debian 12`; None when they name none or several."""
    systems = set()
    for finding in findings:
        purl = parse_purl(finding.purl or "")
        if purl is not None and purl.qualifier("os_name"):
            systems.add(" ".join((purl.qualifier("os_name") or "", purl.qualifier("os_version") or "")).strip())
    return systems.pop() if len(systems) == 1 else None
