# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages out of a bill of materials: SPDX and CycloneDX as JSON, and the JSON of syft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import (
    Value,
    members_of,
    read_document,
    text_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.dpkg import DebianPackage, split_source
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.os_release import CODENAMES
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import Purl, parse_purl


@dataclass(frozen=True)
class Bill:
    """The Debian packages, each once, sorted; `total` packages of any kind; `release` as os-release has it, as far as it is told."""

    packages: Tuple[DebianPackage, ...]
    total: int
    release: Dict[str, str]


def read_bill(text: str, where: str) -> Bill:
    """Raises ToolError for what is no such document, ContentError for a package that cannot be; both name file and place."""
    document = read_document(text, where)
    inner = document.get("predicate")
    if document.get("predicateType") is not None and inner is not None:
        # An in-toto statement carries it.
        document = inner
    release: Dict[str, str] = {}
    if document.get("spdxVersion") is not None:
        purls = _spdx(document)
    elif document.get("bomFormat") is not None:
        purls, release = _cyclonedx(document), _cyclonedx_release(document)
    elif document.get("artifacts") is not None:
        purls, release = _syft(document), _syft_release(document)
    else:
        raise ContentError("%s is neither SPDX nor CycloneDX nor syft's own JSON" % where)
    return _bill(purls, release, where)


def _bill(purls: List[Tuple[str, str]], release: Dict[str, str], where: str) -> Bill:
    packages: Dict[DebianPackage, None] = {}
    distributions = set()
    for place, text in purls:
        purl = parse_purl(text)
        if purl is None or purl.type != "deb":
            continue
        packages[_package(purl, "%s: %s" % (where, place))] = None
        distributions.add((purl.namespace or "", dict(purl.qualifiers).get("distro", "")))
    if not release and len(distributions) == 1:
        release = _release(*distributions.pop())
    return Bill(tuple(sorted(packages, key=lambda one: (one.name, one.version, one.architecture))), len(purls), release)


def _package(purl: Purl, where: str) -> DebianPackage:
    if not purl.version:
        raise ContentError("%s: package %s has no version" % (where, purl.name))
    # syft writes name@version of the source; without a version it is that of the package.
    told = dict(purl.qualifiers)
    name, _at, version = told.get("upstream", "").partition("@")
    source, source_version = split_source("%s (%s)" % (name, version) if version else name, where)
    return DebianPackage(purl.name, purl.version, told.get("arch", ""), source, source_version)


def _release(namespace: str, distribution: str) -> Dict[str, str]:
    """`debian-12` and `bookworm` are both written as distro (purl-spec, deb)."""
    name, _dash, number = distribution.partition("-")
    if distribution in CODENAMES.values():
        return {"ID": namespace or "debian", "VERSION_CODENAME": distribution}
    return {"ID": name or namespace, "VERSION_ID": number} if name or namespace else {}


def _spdx(document: Value) -> List[Tuple[str, str]]:
    found = []
    for package in document.listed("packages"):
        for reference in members_of(package, "externalRefs"):
            if text_of(reference, "referenceType") == "purl":
                found.append((reference.place, text_of(reference, "referenceLocator") or ""))
    return found


def _cyclonedx(document: Value) -> List[Tuple[str, str]]:
    return [(one.place, purl) for one in _components(document) for purl in [text_of(one, "purl")] if purl]


def _components(value: Value) -> Iterator[Value]:
    """Components may hold components."""
    waiting = members_of(value, "components")
    while waiting:
        one = waiting.pop(0)
        yield one
        waiting += members_of(one, "components")


def _cyclonedx_release(document: Value) -> Dict[str, str]:
    systems = [one for one in _components(document) if text_of(one, "type") == "operating-system"]
    if len(systems) != 1:
        return {}
    properties = {text_of(one, "name"): text_of(one, "value") for one in members_of(systems[0], "properties")}
    return _known(
        text_of(systems[0], "name"),
        text_of(systems[0], "version"),
        properties.get("syft:distro:versionCodename"),
        properties.get("syft:distro:prettyName"),
    )


def _syft(document: Value) -> List[Tuple[str, str]]:
    return [(one.place, purl) for one in members_of(document, "artifacts") for purl in [text_of(one, "purl")] if purl]


def _syft_release(document: Value) -> Dict[str, str]:
    told = document.get("distro")
    return _known(
        text_of(told, "id"), text_of(told, "versionID"), text_of(told, "versionCodename"), text_of(told, "prettyName")
    )


def _known(
    name: Optional[str], number: Optional[str], codename: Optional[str], pretty: Optional[str]
) -> Dict[str, str]:
    told = {"ID": name, "VERSION_ID": number, "VERSION_CODENAME": codename, "PRETTY_NAME": pretty}
    return {key: value for key, value in told.items() if value} if name else {}
