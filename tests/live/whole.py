# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an image can be pulled whole: every manifest and every blob below it read, byte by byte."""

from __future__ import annotations

import json
import re
from typing import Any, Collection

from plain_http import Answer, call, digest
from registry_content import COSIGN, MANIFEST_TYPES, cosign_tag, fallback_tag
from registry_pushing import ACCEPT, list_tags, manifest_path

_ATTACHED = re.compile(r"(sha256-[0-9a-f]{64})(?:\.[a-z]+)?")


def pulls_whole(address: str, repository: str, reference: str, attached: bool = False) -> list[str]:
    """What is wrong with a tag or digest and all below it, in words; empty when a client gets everything.

    `attached`: what the fallback and cosign tags of these manifests hold must be whole too, as far as there are any.
    """
    walk = _Walk(address, repository, list_tags(address, repository) if attached else ())
    walk.manifest(reference, reference)
    return walk.problems


def all_whole(address: str, repository: str) -> list[str]:
    """What is wrong with any tag of a repository, told once for each broken thing; attached things have tags too."""
    walk = _Walk(address, repository)
    for tag in list_tags(address, repository):
        walk.manifest(tag, tag)
    return walk.problems


def attached_to(address: str, repository: str, subject: str) -> list[str]:
    """The fallback and cosign tags that a digest has."""
    return [tag for tag in list_tags(address, repository) if tag in _names(subject)]


def orphans(address: str, repository: str) -> list[str]:
    """The fallback and cosign tags whose subject is gone."""
    found = []
    for tag in list_tags(address, repository):
        match = _ATTACHED.fullmatch(tag)
        if match and _read(address, repository, match.group(1).replace("-", ":", 1)).status == 404:
            found.append(tag)
    return found


def _names(subject: str) -> list[str]:
    return [fallback_tag(subject), *(cosign_tag(subject, kind) for kind in COSIGN)]


def _read(address: str, repository: str, reference: str) -> Answer:
    return call(address, "GET", manifest_path(repository, reference), headers=ACCEPT)


class _Walk:
    def __init__(self, address: str, repository: str, tags: Collection[str] = ()) -> None:
        """`tags` are those that are followed from a manifest to what is attached to it."""
        self.problems: list[str] = []
        self._address = address
        self._repository = repository
        self._tags = tags
        self._seen: set[str] = set()

    def manifest(self, reference: str, way: str, expected: dict[str, Any] | None = None) -> None:
        """`way` says how the walk came here."""
        if reference in self._seen:
            return
        self._seen.add(reference)
        answer = _read(self._address, self._repository, reference)
        if answer.status != 200:
            self._wrong(way, "manifest answered %d" % answer.status)
            return
        found = digest(answer.body)
        if not self._compare(way, found, answer, reference if ":" in reference else found, expected):
            return
        self._seen.add(found)
        media = answer.headers.get("content-type", "")
        document = json.loads(answer.body)
        if media not in MANIFEST_TYPES or document.get("mediaType", media) != media:
            self._wrong(way, "is a %r that says %r of itself" % (media, document.get("mediaType")))
        if expected is not None and expected["mediaType"] != media:
            self._wrong(way, "is a %r, listed as a %r" % (media, expected["mediaType"]))
        self._below(document, way)
        for tag in _names(found) if self._tags else ():
            if tag in self._tags:
                self.manifest(tag, "%s > %s" % (way, tag))

    def _below(self, document: dict[str, Any], way: str) -> None:
        for one in document.get("manifests") or []:
            below = "%s > %s" % (way, one["digest"])
            if one["mediaType"] in MANIFEST_TYPES:
                self.manifest(one["digest"], below, one)
            else:
                self._blob(one, below)
        for one in [document.get("config"), *(document.get("layers") or [])]:
            if one and not one.get("urls"):
                self._blob(one, "%s > %s" % (way, one["digest"]))

    def _blob(self, expected: dict[str, Any], way: str) -> None:
        if expected["digest"] in self._seen:
            return
        self._seen.add(expected["digest"])
        answer = call(self._address, "GET", "/v2/%s/blobs/%s" % (self._repository, expected["digest"]))
        if answer.status != 200:
            self._wrong(way, "blob answered %d" % answer.status)
            return
        self._compare(way, digest(answer.body), answer, expected["digest"], expected)

    def _compare(self, way: str, found: str, answer: Answer, wanted: str, expected: dict[str, Any] | None) -> bool:
        told = answer.headers.get("docker-content-digest", found)
        if found != wanted or told != wanted:
            self._wrong(way, "is %s, called %s by the registry" % (found, told))
        if expected is not None and len(answer.body) != expected["size"]:
            self._wrong(way, "has %d bytes of %d" % (len(answer.body), expected["size"]))
        return found == wanted

    def _wrong(self, way: str, what: str) -> None:
        self.problems.append("%s: %s %s" % (self._repository, way, what))
