# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package URLs (purl): pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#SUBPATH."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple
from urllib.parse import unquote

PREFIX = "pkg:"
# The namespace of these is the distribution that made the package: no part of the name that a user knows.
_OF_DISTRIBUTIONS = frozenset(("alpm", "apk", "deb", "rpm"))


@dataclass(frozen=True)
class Purl:
    """All parts decoded. `qualifiers` are sorted pairs without empty values, as the specification normalises them."""

    type: str
    namespace: str
    name: str
    version: Optional[str] = None
    qualifiers: Tuple[Tuple[str, str], ...] = ()
    subpath: str = ""

    @property
    def package(self) -> str:
        """The name as the package's own tools write it: openssl, @nestjs/common, org.apache.commons:commons-text."""
        if not self.namespace or self.type in _OF_DISTRIBUTIONS:
            return self.name
        return "%s%s%s" % (self.namespace, ":" if self.type == "maven" else "/", self.name)

    def qualifier(self, key: str) -> Optional[str]:
        """None when it is not there."""
        return dict(self.qualifiers).get(key)

    def includes(self, other: Purl) -> bool:
        """Whether the other is meant: what this one leaves open (version, qualifiers, subpath) may be anything there."""
        return (
            (self.type, self.namespace, self.name) == (other.type, other.namespace, other.name)
            and self.version in (None, other.version)
            and set(self.qualifiers) <= set(other.qualifiers)
            and self.subpath in ("", other.subpath)
        )


def parse_purl(text: str) -> Optional[Purl]:
    """None for what is no package URL."""
    text = text.strip()
    if text[: len(PREFIX)].lower() != PREFIX:
        return None
    rest, _hash, subpath = text[len(PREFIX) :].lstrip("/").partition("#")
    rest, _mark, query = rest.partition("?")
    # Scopes of npm begin with @, which not everyone encodes: a version comes after the last slash.
    at = rest.rfind("@")
    version = None
    if at > 0 and "/" not in rest[at:] and rest[at - 1] != "/":
        rest, version = rest[:at], unquote(rest[at + 1 :]) or None
    parts = [unquote(part) for part in rest.split("/") if part]
    if len(parts) < 2:
        return None
    kind = parts[0].lower()
    namespace, name = "/".join(parts[1:-1]), parts[-1]
    if kind in ("deb", "docker", "oci", "apk", "github", "bitbucket"):
        namespace, name = namespace.lower(), name.lower()
    if kind == "pypi":
        name = name.lower().replace("_", "-")
    return Purl(kind, namespace, name, version, _qualifiers(query), unquote(subpath.strip("/")))


def forms(text: Optional[str]) -> Tuple[str, ...]:
    """How a pattern may name it: as it is written, decoded, without qualifiers, without version."""
    found = parse_purl(text) if text else None
    if text is None or found is None:
        return ()
    path = "/".join(part for part in (found.type, found.namespace, found.name) if part)
    bare = PREFIX + path
    versioned = bare if found.version is None else "%s@%s" % (bare, found.version)
    return tuple(dict.fromkeys((text, unquote(text), versioned, bare)))


def _qualifiers(query: str) -> Tuple[Tuple[str, str], ...]:
    pairs = [pair.partition("=") for pair in query.split("&")]
    return tuple(sorted({(key.lower(), unquote(value)) for key, _equals, value in pairs if key and value}))
