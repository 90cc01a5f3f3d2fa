# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image names in any text: cluster exports, manifests, compose files, Dockerfiles (S3).

Too much found protects too much and does no harm; too little would let something in use be deleted. So nothing is parsed
by format: whatever can be read as an image name with a registry in it, or as a digest, is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, Optional, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    DEFAULT_DOMAIN,
    Reference,
    parse_in,
    parse_reference,
)

_TOKEN = re.compile(r"(?:\[[0-9a-fA-F:]{2,45}\]:[0-9]{1,5}/)?[A-Za-z0-9_.:/@-]+")
_DIGEST = re.compile(r"(sha256|sha512)(?::|%3[aA])([0-9a-f]{128}|[0-9a-f]{64})(?![0-9a-f])")
# image: nginx, "Image": "nginx", \"image\": \"nginx\", image = nginx, images: [nginx]; FROM nginx, --from=nginx.
_IMAGE_KEY = re.compile(
    r"image[A-Za-z_-]{0,20}[\\\"']{0,16}\s{0,20}[:=][\s\[\\\"'-]{0,200}([A-Za-z0-9_.:/@-]+)", re.IGNORECASE
)
_FROM = re.compile(
    r"(?:^|\\n|[\"'])[ \t]{0,200}FROM(?:\s+--[A-Za-z]+=\S+){0,5}\s+[\\\"']{0,16}([A-Za-z0-9_.:/@-]+)"
    r"|--from[= ]([A-Za-z0-9_.:/@-]+)",
    re.IGNORECASE | re.MULTILINE,
)
# Charts write a name in parts: registry, repository and tag.
_REGISTRY_KEY = re.compile(r"registry[\\\"']{0,16}\s{0,20}[:=]\s{0,20}[\\\"']{0,16}([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_REPOSITORY_KEY = re.compile(
    r"repository[\\\"']{0,16}\s{0,20}[:=]\s{0,20}[\\\"']{0,16}([A-Za-z0-9_./-]+)", re.IGNORECASE
)
# JSON within JSON doubles its backslashes each time; without an end, a file of them would be read over and over.
_ESCAPED_SLASH = re.compile(r"\\{1,64}/")
_ESCAPED_ASCII = re.compile(r"\\{1,64}u00([2-7][0-9a-fA-F])")
_VARIABLE_DEFAULT = re.compile(r"\$\{[A-Za-z0-9_]{1,200}:?-([^{}\s]{0,500})\}")
_ESCAPED_CONTROL = re.compile(r"[nrtbf]")
# In a 64 MiB file of nothing but parts the product of them would not end; no name with all its parts is as long as this.
_MAX_PRODUCT = 100_000
_MAX_TOKEN = 2000
_MAX_READINGS = 50


@dataclass(frozen=True)
class Found:
    """What a text names: canonical `host/path:tag` and `host/path@digest`, names without tag and digest, digests."""

    references: Tuple[str, ...] = ()
    repositories: Tuple[str, ...] = ()
    digests: Tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Names and digests; those without tag and digest, often no images at all, count only where there is nothing else."""
        return len(self.references) + len(self.digests) or len(self.repositories)


def decode(data: bytes) -> str:
    """Text of whatever encoding: image names are ASCII, and other programs than ours redirect into UTF-16."""
    return data.replace(b"\0", b"").decode("utf-8", "replace")


def scan(text: str, registry: Optional[str] = None) -> Found:
    """All image names and digests; with `registry`, names without a registry are taken as names there as well."""
    text = _unescape(text)
    collected = _Collected()
    for algorithm, digits in _DIGEST.findall(text):
        if len(digits) == (64 if algorithm == "sha256" else 128):
            collected.digests.add("%s:%s" % (algorithm, digits))
    short = set(_short_names(text))
    for token in _tokens(text):
        for candidate in _readings(token):
            reference = _parse(candidate)
            if reference is None:
                continue
            if _has_registry(candidate):
                collected.add(reference)
            elif registry and (reference.tag or reference.digest):
                short.add(candidate)
    for name in short:
        for candidate in _readings(name):
            collected.add_newest(_parse(candidate))
            if registry and not _has_registry(candidate):
                for own in _parse_in(candidate.lstrip("/"), registry):
                    collected.add(own)
                    collected.add_newest(own)
    for host, name in _joined_parts(text, registry):
        for own in _parse_in(name, host):
            collected.add(own)
    return collected.found()


class _Collected:
    """Names on the way to `Found`."""

    def __init__(self) -> None:
        self.references: Set[str] = set()
        self.repositories: Set[str] = set()
        self.digests: Set[str] = set()

    def add(self, reference: Optional[Reference]) -> None:
        if reference is None:
            return
        if reference.tag:
            self.references.add("%s:%s" % (reference.repository, reference.tag))
        if reference.digest:
            self.references.add("%s@%s" % (reference.repository, reference.digest))
            self.digests.add(reference.digest)
        if not reference.tag and not reference.digest:
            self.repositories.add(reference.repository)

    def add_newest(self, reference: Optional[Reference]) -> None:
        """As an engine reads it: without a tag the newest is meant, not every tag of an official image."""
        if reference is not None:
            self.add(reference.with_default_tag())

    def found(self) -> Found:
        return Found(tuple(sorted(self.references)), tuple(sorted(self.repositories)), tuple(sorted(self.digests)))


def _unescape(text: str) -> str:
    """JSON may escape a slash, and any character; shells and compose files give variables a default."""
    text = _ESCAPED_SLASH.sub("/", text)
    text = _ESCAPED_ASCII.sub(lambda match: chr(int(match.group(1), 16)), text)
    if "${" in text:
        text = _VARIABLE_DEFAULT.sub(r"\1", text)
    return text


def _tokens(text: str) -> Set[str]:
    """Everything that has a slash or a colon and could be part of a name."""
    found = set()
    for match in _TOKEN.finditer(text):
        token = match.group()
        if len(token) > _MAX_TOKEN or ("/" not in token and ":" not in token):
            continue
        found.add(token)
        if _ESCAPED_CONTROL.match(token) and match.start() and text[match.start() - 1] == "\\":
            # "...\nregistry.example.com/app:1" inside a JSON string: the first letter belongs to the line end.
            found.add(token[1:])
    return found


def _short_names(text: str) -> Iterator[str]:
    """What stands after image: and FROM, where a name without a registry is one all the same."""
    for match in _IMAGE_KEY.finditer(text):
        yield match.group(1)
    for match in _FROM.finditer(text):
        yield match.group(1) or match.group(2)


def _readings(token: str) -> Iterator[str]:
    """The token, and what it is without what may stand around a name: a scheme, a key, a slash, the end of a sentence."""
    seen: Set[str] = set()
    stack = [token]
    while stack and len(seen) < _MAX_READINGS:
        text = stack.pop()
        if not text or text in seen:
            continue
        seen.add(text)
        yield text
        if "://" in text:
            stack.append(text.partition("://")[2])
        stack.append(text.rstrip(".:/@-_"))
        stack.append(text.lstrip(".:/@-_"))
        first = text.partition("/")[0]
        key, colon, rest = first.partition(":")
        # `image:registry.example.com/app`, but not the port of a registry.
        if colon and "/" in text and key and not rest.isdigit():
            stack.append(text[len(key) + 1 :])
        if "@" in first and "/" in text:
            stack.append(text.partition("@")[2])


def _has_registry(name: str) -> bool:
    host, slash, _path = name.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost" or host != host.lower())


def _parse(name: str) -> Optional[Reference]:
    try:
        return parse_reference(name)
    except PolicyError:
        return None


def _parse_in(name: str, registry: str) -> Tuple[Reference, ...]:
    try:
        return parse_in(name, registry)
    except PolicyError:
        return ()


def _joined_parts(text: str, registry: Optional[str]) -> Iterator[Tuple[str, str]]:
    """Every registry that stands alone, with every repository that does."""
    repositories = {name.strip("/") for name in _REPOSITORY_KEY.findall(text)}
    repositories = {name for name in repositories if name and not _has_registry(name)}
    registries = {name for name in _REGISTRY_KEY.findall(text) if _has_registry(name + "/")} | {DEFAULT_DOMAIN}
    if registry:
        registries.add(registry)
    made = 0
    for host in sorted(registries):
        for name in sorted(repositories):
            made += 1
            if made > _MAX_PRODUCT:
                return
            yield host, name
