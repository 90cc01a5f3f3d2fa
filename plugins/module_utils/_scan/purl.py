# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package URLs: pkg:type/namespace/name@version?qualifiers#subpath (github.com/package-url/purl-spec)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Mapping, Optional, Tuple
from urllib.parse import unquote

# The namespace of these is the distribution that made the package: no part of the name that a user knows.
_OF_DISTRIBUTIONS = frozenset(("alpm", "apk", "deb", "rpm"))


@dataclass(frozen=True)
class Purl:
    """Every part decoded; `type` and the names of qualifiers in lower case."""

    type: str
    name: str
    namespace: Optional[str] = None
    version: Optional[str] = None
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    subpath: Optional[str] = None

    @property
    def package(self) -> str:
        """The name as the package's own tools write it: openssl, @nestjs/common, org.apache.commons:commons-text."""
        if self.namespace is None or self.type in _OF_DISTRIBUTIONS:
            return self.name
        return "%s%s%s" % (self.namespace, ":" if self.type == "maven" else "/", self.name)


def parse_purl(text: str) -> Optional[Purl]:
    """None for what is no package URL.

    Scanners also write what the specification does not have: a scope that is not encoded (`pkg:npm/@a/b@1`), slashes after the
    scheme, a plus sign that is not encoded (and is no blank).
    """
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme.lower() != "pkg":
        return None
    rest, _hash, subpath = rest.partition("#")
    rest, _mark, query = rest.partition("?")
    kind, slash, path = rest.strip("/").partition("/")
    path, version = _split_version(path)
    namespace, _slash, name = path.strip("/").rpartition("/")
    if not slash or not kind or not name.strip():
        return None
    return Purl(
        type=kind.lower(),
        name=_decoded(name),
        namespace=_segments(namespace),
        version=_decoded(version) or None,
        qualifiers=_qualifiers(query),
        subpath=_segments(subpath),
    )


def _split_version(path: str) -> Tuple[str, str]:
    head, at, version = path.rpartition("@")
    # An @ that begins a segment belongs to a scope: pkg:npm/@angular/core has no version.
    if not at or not head or head.endswith("/"):
        return path, ""
    return head, version


def _segments(text: str) -> Optional[str]:
    return "/".join(_decoded(segment) for segment in text.split("/") if segment) or None


def _qualifiers(query: str) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for pair in query.split("&"):
        key, _equals, value = pair.partition("=")
        if key and value:
            found[key.lower()] = _decoded(value)
    return found


def _decoded(text: str) -> str:
    return unquote(text, errors="replace")
