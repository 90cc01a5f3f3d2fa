# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of one engine by names and digests of registries: what they mean, pulling by digest, and naming what was pulled."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineConflict,
    EngineError,
    EngineNotFound,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference


class EngineImages:
    """Raises EngineError as EngineApi does. The same on both image stores."""

    def __init__(self, api: EngineApi) -> None:
        self._api = api

    def find(self, reference: Reference) -> Optional[str]:
        """The ID of an image by name, None when the engine does not have it by that name."""
        try:
            return str(self._api.request("GET", image_path(reference.familiar, "/json"))["Id"])
        except EngineNotFound:
            return None

    def pull(self, reference: Reference, authorization: str) -> str:
        """Pull by digest, for the engine's own platform; the image's ID. `authorization` as `engine_authorization` makes it."""
        repository = Reference(reference.domain, reference.path).familiar
        wanted = {"fromImage": repository, "tag": str(reference.digest)}
        headers = {"X-Registry-Auth": authorization}
        for line in self._api.lines("/images/create", wanted, "POST", headers):
            if line.get("error"):
                raise EngineError("The engine could not pull %s: %s" % (reference.familiar, line["error"]))
        found = self.find(reference)
        if found is None:
            raise EngineError(
                "The engine pulled %s and does not know it by that name; was it deleted meanwhile?" % reference.familiar
            )
        return found

    def name(self, reference: Reference, digest: str, before: Optional[str]) -> None:
        """Give the tag of `reference` to what was pulled by `digest`, if it still means `before`. Raises EngineConflict if not."""
        now = self.find(reference)
        if now != before:
            raise EngineConflict(
                "%s was given to another image meanwhile (%s, before %s), so it stays; run again"
                % (reference.familiar, now, before)
            )
        source = replace(reference, tag=None, digest=digest)
        place = {"repo": Reference(reference.domain, reference.path).familiar, "tag": str(reference.tag)}
        self._api.request("POST", image_path(source.familiar, "/tag"), place)
