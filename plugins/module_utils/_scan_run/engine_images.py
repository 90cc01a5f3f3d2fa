# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images in one engine, by what its inspection tells."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.listing import keeps_in_containerd
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineError, EngineNotFound, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.drafts import Draft
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import ENGINE


class EngineImages:
    """`connect` is called when the first image is asked for. An engine that cannot be asked is asked once."""

    def __init__(self, connect: Callable[[], EngineApi]) -> None:
        self._connect = connect
        self._api: Optional[EngineApi] = None
        self._containerd = False
        self.failure: Optional[EngineError] = None

    def find(self, reference: str) -> Optional[Draft]:
        """The image of a name, an ID or a digest; None when the engine has none. Raises EngineError."""
        if self.failure is not None:
            raise self.failure
        try:
            api = self._engine()
            inspected = api.request("GET", image_path(reference, "/json")) or {}
            return _draft(reference, inspected, self._containerd)
        except EngineNotFound:
            return None
        except EngineError as error:
            self.failure = error
            raise

    def _engine(self) -> EngineApi:
        if self._api is None:
            api = self._connect()
            self._containerd = keeps_in_containerd(api.info())
            self._api = api
        return self._api


def _draft(reference: str, inspected: Dict[str, Any], containerd: bool) -> Draft:
    image = str(inspected.get("Id") or "")
    names = _canonical(inspected.get("RepoTags")) + _canonical(inspected.get("RepoDigests"))
    pulled = sorted({name.partition("@")[2] for name in names if "@" in name})
    parts = (inspected.get("Os"), inspected.get("Architecture"), inspected.get("Variant"))
    return Draft(
        name=reference,
        source=ENGINE,
        references={name for name in names if not is_digest(name)},
        keys={image, *pulled},
        # With containerd it is the digest of a manifest or an index.
        configs=set() if containerd else {image},
        digest=_own(reference, names) or (pulled[0] if pulled else image),
        platform="/".join(str(part) for part in parts if part) if parts[0] and parts[1] else None,
    )


def _own(reference: str, names: List[str]) -> Optional[str]:
    """The digest that the repository of this name has it by."""
    if is_digest(reference):
        return None
    try:
        repository = parse_reference(reference).repository
    except PolicyError:
        return None
    return next((name.partition("@")[2] for name in names if name.startswith(repository + "@")), None)


def _canonical(names: Any) -> List[str]:
    found = []
    for name in names or ():
        try:
            found.append(parse_reference(name).canonical)
        except PolicyError:
            continue
    return sorted(found)
