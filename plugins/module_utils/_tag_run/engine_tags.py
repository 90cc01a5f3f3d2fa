# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of one repository in an engine, by image ID; and pushing one of them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineConflict,
    EngineError,
    EngineNotFound,
    PolicyError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import (
    Reference,
    is_digest,
    parse_reference,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.engine_login import engine_authorization
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions

ENGINE = "engine"


class EngineTags:
    """What a tag means is the ID of its image."""

    where = ENGINE

    def __init__(self, api: EngineApi, repository: Reference) -> None:
        self._api = api
        self._repository = repository

    def names(self) -> List[str]:
        found: List[str] = []
        for entry in self._api.request("GET", "/images/json") or []:
            for text in entry.get("RepoTags") or []:
                tag = self._tag_of(str(text))
                if tag:
                    found.append(tag)
        return found

    def digest(self, tag: str) -> Optional[str]:
        image = self._inspect(self._name(tag))
        return None if image is None else str(image["Id"])

    def put(self, tag: str, digest: str) -> None:
        place = {"repo": self._repository.familiar, "tag": tag}
        self._api.request("POST", image_path(digest, "/tag"), place)

    def why_staying(self, tags: Sequence[str]) -> Dict[str, str]:
        """Tag -> why it cannot be taken away: an engine deletes an image with its last name."""
        image = self._inspect(self._name(tags[0])) if tags else None
        names = {self._tag_of(str(text)) for text in (image or {}).get("RepoTags") or []}
        if names - set(tags):
            return {}
        return {tags[-1]: "it is the last name of the image, which would be deleted with it"}

    def remove(self, tag: str, _digest: str) -> None:
        """Untag without force. Raises EngineConflict when the image would go with its last name."""
        image = self._inspect(self._name(tag)) or {}
        if len(image.get("RepoTags") or []) < 2:
            raise EngineConflict("%s became the last name of its image meanwhile, so it stays" % self._name(tag))
        self._api.request("DELETE", image_path(self._name(tag)), {"noprune": "1"})

    def find(self, source: str) -> Optional[str]:
        """The ID of an image by name or ID, None when it is not there."""
        found = self._inspect(source)
        return None if found is None else str(found["Id"])

    def is_id(self, source: str) -> bool:
        """Whether the engine has an image by this text as its ID, whole or cut, and not as its name."""
        image = self._inspect(source) or {}
        named = any(str(text).rpartition(":")[0] == source for text in image.get("RepoTags") or [])
        return not named and str(image.get("Id", "")).partition(":")[2].startswith(source)

    def image(self, source: str) -> Dict[str, Any]:
        """Raises EngineError when it is not there."""
        found = self._inspect(source)
        if found is None:
            raise EngineError("The engine has no image %s; build or pull it first" % source)
        return found

    def registry_digests(self, image: Dict[str, Any]) -> Set[str]:
        """The digests that the engine knows the image by in this repository of the registry."""
        found = set()
        for text in image.get("RepoDigests") or []:
            name, _at, digest = str(text).partition("@")
            if is_digest(digest) and parse_reference(name).repository == self._repository.repository:
                found.add(digest)
        return found

    def push(self, tag: str, options: RegistryOptions, run_program: Optional[RunProgram]) -> Optional[str]:
        """The digest that the registry has it by, None when the engine does not tell. Raises EngineError with what it says."""
        path = image_path(self._repository.familiar, "/push")
        headers = {"X-Registry-Auth": engine_authorization(options, self._repository.path, run_program)}
        digest: Optional[str] = None
        for line in self._api.lines(path, {"tag": tag}, "POST", headers):
            if line.get("error"):
                raise EngineError("The engine could not push %s: %s" % (self._name(tag), line["error"]))
            digest = _pushed(line.get("aux") or {}) or digest
        return digest

    def _inspect(self, name: str) -> Optional[Dict[str, Any]]:
        try:
            return dict(self._api.request("GET", image_path(name, "/json")))
        except EngineNotFound:
            return None

    def _name(self, tag: str) -> str:
        return "%s:%s" % (self._repository.familiar, tag)

    def _tag_of(self, text: str) -> Optional[str]:
        try:
            reference = parse_reference(text)
        except PolicyError:
            return None
        return reference.tag if reference.repository == self._repository.repository else None


def _pushed(aux: Dict[str, Any]) -> Optional[str]:
    """Engine 28 tells when it has only one platform of an index and pushed that alone."""
    instead = aux.get("selectedManifest") if aux.get("manifestPushedInsteadOfIndex") else None
    digest = str((instead or {}).get("digest") or aux.get("Digest") or "")
    return digest if is_digest(digest) else None
