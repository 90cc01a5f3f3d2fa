# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs sent to a registry, and read from it piece by piece."""

from __future__ import annotations

import hashlib

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient

# What is read at a time, so that a layer of any size needs no more memory than this.
PIECE = 4 * 1024 * 1024


class TransferClient(RegistryClient):
    """A registry client that also moves blobs."""

    def put_blob(self, repository: str, data: bytes) -> str:
        """Send a small blob in two requests; its digest."""
        digest, scope = digest_of(data), "repository:%s:pull,push" % repository
        opened = self._call("POST", "%s/blobs/uploads/" % repository, scope, data=b"")
        location = opened.headers.get("location", "")
        if not location:
            raise RegistryError("Registry %s opened an upload in %s and did not say where" % (self.name, repository))
        joint = "&" if "?" in location else "?"
        headers = {"Content-Type": "application/octet-stream"}
        self._call("PUT", "%s%sdigest=%s" % (location, joint, digest), scope, data=data, headers=headers)
        return digest

    def check_blob(self, repository: str, digest: str, size: int) -> int:
        """Read a whole blob in pieces and compare its digest; the bytes read. Raises RegistryError when it is not whole."""
        try:
            found, place = hashlib.new(digest.partition(":")[0]), 0
        except ValueError as error:
            raise RegistryError("%s of %s has a digest that is not known here" % (digest, repository)) from error
        path, scope = "%s/blobs/%s" % (repository, digest), "repository:%s:pull" % repository
        while True:
            headers = {"Range": "bytes=%d-%d" % (place, place + PIECE - 1)} if size > PIECE else {}
            limit = PIECE if headers else max(size, PIECE)
            answer = self._call("GET", path, scope, accept="*/*", headers=headers, limit=limit)
            if headers and answer.status != 206:
                raise RegistryError("Registry %s does not send %s in pieces" % (self.name, digest))
            found.update(answer.body)
            place += len(answer.body)
            if not headers or place >= size or not answer.body:
                break
        if found.hexdigest() != digest.partition(":")[2]:
            raise RegistryError(
                "what registry %s sends for %s of %s is something else" % (self.name, digest, repository)
            )
        return place
