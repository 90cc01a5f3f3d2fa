# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a registry can do: asked in ways that change nothing, remembered for a day."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, fields, replace
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryRefusal, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

LIFE = 86400
MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Capabilities:
    """None where it is not known (yet, or because the user may not).

    `delete`: manifests can be deleted by digest; `tag_delete`: a tag alone; `referrers`: the referrers API; `uploads`: it
    takes pushes; `mount`: blobs of other repositories without sending them; `single_post`: a blob in one request.
    """

    delete: Optional[bool] = None
    tag_delete: Optional[bool] = None
    referrers: Optional[bool] = None
    uploads: Optional[bool] = None
    mount: Optional[bool] = None
    single_post: Optional[bool] = None


class CapabilityMemory:
    """The capabilities of one registry, on disk below the cache folder where there is one."""

    def __init__(self, client: RegistryClient) -> None:
        folder = client.options.cache_dir
        name = client.name.replace(":", "_").replace("[", "").replace("]", "")
        self._path = os.path.join(folder, "registries", name + ".json") if folder else None
        self.known = self._load()

    def learn(self, **found: Optional[bool]) -> Capabilities:
        """Add what was found out, and remember it."""
        updated = replace(self.known, **found)
        if updated != self.known:
            self.known = updated
            self._save()
        return updated

    def _load(self) -> Capabilities:
        try:
            data = read_capped(self._path, MAX_BYTES) if self._path else None
            document = json.loads(data.decode("utf-8")) if data else {}
            age = time.time() - float(document["checked"])
        except (StateError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return Capabilities()
        if not 0 <= age < LIFE:
            return Capabilities()
        values = {one.name: document.get(one.name) for one in fields(Capabilities)}
        return Capabilities(**{key: value for key, value in values.items() if isinstance(value, bool)})

    def _save(self) -> None:
        if self._path is None:
            return
        document = {**asdict(self.known), "checked": time.time()}
        try:
            write_atomic(self._path, json.dumps(document, sort_keys=True).encode("utf-8"))
        except StateError:
            # It is asked again next time.
            return


def absent_digest() -> str:
    """A digest that no registry has."""
    return "sha256:" + secrets.token_hex(32)


def probe_referrers(client: RegistryClient, repository: str) -> Optional[bool]:
    """One GET: a registry with the API answers with an index, an empty one for what it does not have. None if it refuses."""
    try:
        return client.referrers(repository, absent_digest()) is not None
    except RegistryRefusal:
        return None


def probe_deletion(client: RegistryClient, repository: str) -> Capabilities:
    """Order the deletion of a digest and a tag that do not exist: 404 where that works, else 405 or 400."""
    try:
        by_digest = client.delete(repository, absent_digest())
        by_tag = client.delete(repository, "imagefleet-absent-" + secrets.token_hex(8))
    except RegistryRefusal as error:
        if error.status in (401, 403):
            return Capabilities()
        raise
    return Capabilities(delete=by_digest in (200, 202, 404), tag_delete=by_tag in (200, 202, 404))


def probe_uploads(client: RegistryClient, repository: str, digest: str, data: bytes) -> Capabilities:
    """Open uploads and cancel them. `digest` is a small blob that the repository has, `data` its bytes: sent or mounted again, it
    changes nothing."""
    try:
        mounted = client.open_upload(repository, {"mount": digest, "from": repository})
        posted = client.open_upload(repository, {"digest": digest}, data)
    except RegistryRefusal as error:
        if error.status in (401, 403):
            return Capabilities()
        raise
    return Capabilities(uploads=mounted in (201, 202), mount=mounted == 201, single_post=posted == 201)
