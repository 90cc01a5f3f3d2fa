# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs sent to a registry, and read from it piece by piece."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any, Dict, Iterator

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import (
    PASSING,
    Answer,
    Request,
    Stream,
    explain,
)

# What is read at a time, so that a layer of any size needs no more memory than this.
PIECE = 256 * 1024
OCTETS = {"Content-Type": "application/octet-stream"}


class TransferClient(RegistryClient):
    """A registry client that also moves blobs."""

    # Sending ---------------------------------------------------------------------------------------------------------

    def put_blob(self, repository: str, data: bytes) -> str:
        """Send a small blob in two requests; its digest."""
        digest = digest_of(data)
        self._call(
            "PUT", self._target(self.start_upload(repository), digest), _push(repository), data=data, headers=OCTETS
        )
        return digest

    def start_upload(self, repository: str) -> str:
        """Where to send a blob to. Raises RegistryError."""
        opened = self._call("POST", "%s/blobs/uploads/" % repository, _push(repository), data=b"")
        return self._location(repository, opened.headers.get("location", ""))

    def send_blob(self, repository: str, location: str, digest: str, content: Any) -> None:
        """Send a blob of any size to an upload, once. `content` has a length and is read. Raises RegistryError, also RegistryRefusal."""
        url = self._absolute(self._target(location, digest))
        request = Request("PUT", url, {**OCTETS, **self._authorization(_push(repository))}, data=content)
        with self._transport.open(request) as stream:
            if stream.status != 201:
                self._refuse(stream, "PUT", repository, digest)

    def pause(self, attempt: int) -> None:
        """Before a blob is sent once more."""
        self._transport.wait(attempt)

    # Reading ---------------------------------------------------------------------------------------------------------

    def read_blob(self, repository: str, digest: str, size: int) -> Iterator[bytes]:
        """The pieces of a blob. A line that breaks is taken up where it broke, as often as `retries` says, and again from the
        beginning of that count with every piece that comes.

        Raises RegistryError when it does not come whole, or when it is not what its digest says: then all that was taken is to
        be thrown away. Never more than `size` bytes come, or a piece when the size is not told (0).
        """
        try:
            found, place, attempt = hashlib.new(digest.partition(":")[0]), 0, 0
        except ValueError as error:
            raise RegistryError("%s of %s has a digest that is not known here" % (digest, repository)) from error
        while True:
            try:
                with contextlib.ExitStack() as held:
                    for piece in _from(self._open_blob(held, repository, digest, place), place):
                        if place + len(piece) > (size or PIECE):
                            raise _TooLong(
                                "registry %s sent more than %d bytes for %s of %s"
                                % (self.name, size or PIECE, digest, repository)
                            )
                        found.update(piece)
                        place += len(piece)
                        attempt = 0
                        yield piece
                if not size or place >= size:
                    break
                failure: RegistryError = RegistryError("%s of %s ended after %d bytes" % (digest, repository, place))
            except _TooLong:
                raise
            except RegistryRefusal as error:
                if error.status not in PASSING:
                    raise
                failure = error
            except RegistryError as error:
                failure = error
            if attempt >= self.options.retries:
                raise failure
            self._transport.wait(attempt)
            attempt += 1
        if found.hexdigest() != digest.partition(":")[2]:
            raise RegistryError(
                "what registry %s sends for %s of %s is something else" % (self.name, digest, repository)
            )

    def check_blob(self, repository: str, digest: str, size: int) -> int:
        """Read a whole blob and compare its digest; the bytes read. Raises RegistryError when it is not whole."""
        return sum(map(len, self.read_blob(repository, digest, size)))

    # Inside ---------------------------------------------------------------------------------------------------------

    def _open_blob(self, held: contextlib.ExitStack, repository: str, digest: str, place: int) -> Stream:
        """A blob from a place on, open as long as `held` is."""
        path, scope = "%s/blobs/%s" % (repository, digest), "repository:%s:pull" % repository
        wanted = {"Accept": "*/*", **({"Range": "bytes=%d-" % place} if place else {})}
        known = self._authorization(scope)
        stream = held.enter_context(self._transport.open(Request("GET", self._absolute(path), {**wanted, **known})))
        if stream.status == 401:
            # First it is closed: a token takes a request of its own, and there may be room for one at a time.
            held.close()
            known = self._better(stream, scope, known)
            stream = held.enter_context(self._transport.open(Request("GET", self._absolute(path), {**wanted, **known})))
        if stream.status not in (200, 206):
            self._refuse(stream, "GET", repository, digest)
        return stream

    def _refuse(self, stream: Stream, method: str, repository: str, digest: str) -> None:
        if stream.status in PASSING:
            self._transport.heed(stream)
        answer = stream.whole(64 * 1024)
        raise RegistryRefusal(
            "Registry %s answered %d to %s of %s in %s%s"
            % (self.name, stream.status, method, digest, repository, explain(answer)),
            stream.status,
        )

    def _authorization(self, scope: str) -> Dict[str, str]:
        known = self._authorizer.header(scope)
        return {"Authorization": known} if known else {}

    def _better(self, refused: Stream, scope: str, sent: Dict[str, str]) -> Dict[str, str]:
        """What to send after what was refused."""
        answer = Answer(refused.status, refused.headers, b"", "")
        found = self._authorizer.answer(answer, scope, sent.get("Authorization"))
        return {"Authorization": found} if found else {}

    def _location(self, repository: str, location: str) -> str:
        if not location:
            raise RegistryError("Registry %s opened an upload in %s and did not say where" % (self.name, repository))
        return location

    def _target(self, location: str, digest: str) -> str:
        return "%s%sdigest=%s" % (location, "&" if "?" in location else "?", digest)


class _TooLong(RegistryError):
    """More than was told: what is passed on would no longer end where it is said to."""


def _from(stream: Stream, place: int) -> Iterator[bytes]:
    """The pieces from a place on, also of a registry that begins anew although it was asked for the rest."""
    skip = place if stream.status == 200 else 0
    for piece in stream.chunks(PIECE):
        rest = piece[skip:]
        skip = max(skip - len(piece), 0)
        if rest:
            yield rest


def _push(repository: str) -> str:
    return "repository:%s:pull,push" % repository
