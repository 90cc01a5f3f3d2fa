# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions and orders to one registry: the OCI distribution API 1.1."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    MANIFEST_TYPES,
    OCI_INDEX,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.auth import Authorizer, advice
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import (
    Answer,
    Check,
    Request,
    Transport,
    explain,
    json_of,
    next_page,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions

# A registry that is not told all types converts or denies what it has.
ACCEPT = ", ".join(MANIFEST_TYPES)
# Some registries refuse more.
PAGE = 1000
MAX_MANIFEST = 4 * 1024 * 1024
MAX_LIST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Head:
    """What a HEAD of a manifest tells; `size` in bytes, None when not told."""

    digest: str
    media_type: str
    size: Optional[int] = None


@dataclass(frozen=True)
class Body:
    """A manifest, byte for byte; `digest` was computed from them."""

    digest: str
    media_type: str
    data: bytes


class RegistryClient:
    """One registry. May be used by several threads.

    `run_program` asks credential helpers. Everything raises RegistryError when there is no answer, and RegistryRefusal
    (`.status`) for an answer that is neither success nor one of those that a method returns.
    """

    def __init__(
        self,
        options: RegistryOptions,
        sleep: Callable[[float], None] = time.sleep,
        run_program: Optional[RunProgram] = None,
    ) -> None:
        self.options = options
        self._transport = Transport(options, sleep)
        self._authorizer = Authorizer(options, self._transport, run_program)

    @property
    def name(self) -> str:
        return self.options.registry

    @property
    def requests(self) -> int:
        """How many requests were sent so far, for tokens too."""
        return self._transport.requests

    @property
    def server_time(self) -> Optional[int]:
        """The registry's clock (epoch seconds) by its last answer."""
        return self._transport.server_time

    # Reading --------------------------------------------------------------------------------------------------------

    def repositories(self) -> List[str]:
        """Every repository of the registry that the user may see; not every registry tells."""
        try:
            return list(self._listed("_catalog", "repositories", "registry:catalog:*"))
        except RegistryRefusal as error:
            if error.status in (401, 403, 404, 405):
                raise RegistryRefusal(
                    "%s. It does not list its repositories to this user; name them without patterns" % error,
                    error.status,
                ) from error
            raise

    def tags(self, repository: str) -> Optional[List[str]]:
        """Every tag, None when there is no such repository."""
        try:
            return list(self._listed("%s/tags/list" % _path(repository), "tags", _pull(repository)))
        except RegistryRefusal as error:
            if error.status == 404:
                return None
            raise

    def has_manifest(self, repository: str, reference: str) -> bool:
        """Whether the repository serves the manifest; one HEAD."""
        return self.head(repository, reference) is not None

    def head(self, repository: str, reference: str) -> Optional[Head]:
        """Digest and type of a tag or digest, None when it is not there; one request where the registry tells the digest."""
        answer = self._call("HEAD", _manifest(repository, reference), _pull(repository), accept=ACCEPT, also=(404,))
        if answer.status == 404:
            return None
        digest = answer.headers.get("docker-content-digest", "")
        if not is_digest(digest):
            body = self.manifest(repository, reference)
            return None if body is None else Head(body.digest, body.media_type, len(body.data))
        length = answer.headers.get("content-length", "")
        return Head(digest, _type_of(answer), int(length) if length.isdigit() else None)

    def manifest(self, repository: str, reference: str) -> Optional[Body]:
        """The bytes of a manifest, verified; None when it is not there."""
        answer = self._call(
            "GET",
            _manifest(repository, reference),
            _pull(repository),
            accept=ACCEPT,
            limit=MAX_MANIFEST,
            also=(404,),
            check=_verify(reference),
        )
        if answer.status == 404:
            return None
        return Body(digest_of(answer.body), _type_of(answer), answer.body)

    def blob(self, repository: str, digest: str, limit: int = MAX_MANIFEST) -> Optional[bytes]:
        """A small blob (a config), verified; None when it is not there."""
        answer = self._call(
            "GET",
            "%s/blobs/%s" % (_path(repository), digest),
            _pull(repository),
            limit=limit,
            also=(404,),
            check=_verify(digest),
        )
        return None if answer.status == 404 else answer.body

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the repository serves the blob; one HEAD."""
        path = "%s/blobs/%s" % (_path(repository), digest)
        return self._call("HEAD", path, _pull(repository), also=(404,)).status != 404

    def referrers(self, repository: str, digest: str) -> Optional[bytes]:
        """The index of what refers to `digest`, all its pages as one; None where the registry has no such API (then a
        fallback tag tells)."""
        path = "%s/referrers/%s" % (_path(repository), digest)
        answer = self._call("GET", path, _pull(repository), also=(400, 404, 405))
        if answer.status != 200 or "json" not in _type_of(answer) or not isinstance(_manifests(answer), list):
            return None
        entries: List[Any] = []
        for page in self._pages(answer, path, _pull(repository), MAX_MANIFEST):
            entries += _manifests(page) or []
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode("utf-8")

    def has_trust_data(self, repository: str) -> bool:
        """Whether this server, a notary server, has trust data of a repository (with its host); one GET.

        Raises RegistryRefusal also for a 404 that is not in a notary server's words: then it is none.
        """
        path = "%s/_trust/tuf/root.json" % quote(repository, safe="/:")
        answer = self._call("GET", path, _pull(repository), also=(404,))
        if answer.status == 404 and "METADATA_NOT_FOUND" not in explain(answer):
            raise RegistryRefusal("%s has no /_trust below /v2: it is no notary server" % self.name, answer.status)
        return answer.status != 404

    # Changing -------------------------------------------------------------------------------------------------------

    def delete(self, repository: str, reference: str) -> int:
        """Delete a tag or digest; the status: 202 done, 404 was gone already, 400 and 405 the registry does not do that."""
        path, scope = _manifest(repository, reference), _delete(repository)
        return self._call("DELETE", path, scope, also=(200, 202, 400, 404, 405)).status

    def put_manifest(self, repository: str, reference: str, media_type: str, data: bytes) -> None:
        """Put these bytes under a tag or their digest."""
        headers = {"Content-Type": media_type}
        self._call("PUT", _manifest(repository, reference), _push(repository), data=data, headers=headers)

    def open_upload(self, repository: str, query: Mapping[str, str], data: bytes = b"") -> int:
        """POST an upload (a mount, or a blob in one request); the status. An upload that stays open is cancelled."""
        path = "%s/blobs/uploads/" % _path(repository) + ("?" + urlencode(query) if query else "")
        headers = {"Content-Type": "application/octet-stream"}
        origin = query.get("from", repository)
        # A blob is mounted only for who may read it where it lies.
        scope = _push(repository) if origin == repository else "%s %s" % (_push(repository), _pull(origin))
        answer = self._call("POST", path, scope, data=data, headers=headers, also=(400, 404, 405))
        location = answer.headers.get("location", "")
        if answer.status == 202 and location:
            # Who may push but not delete leaves it to the registry, which drops uploads that nobody finishes.
            with contextlib.suppress(RegistryRefusal):
                self._call("DELETE", location, _delete(repository), also=(400, 404, 405))
        return answer.status

    # Inside ---------------------------------------------------------------------------------------------------------

    def _listed(self, path: str, key: str, scope: str) -> Iterator[str]:
        """All entries of a list over all its pages, each once.

        A page ends with a Link to the next one; a registry may send fewer than asked for. One that sends exactly what was
        asked for and no Link may have cut the list, so it is asked for what comes after the last.
        """
        seen: Dict[str, None] = {}
        target: Optional[str] = "%s?n=%d" % (path, PAGE)
        while target:
            entries: List[str] = []
            fresh: List[str] = []
            for answer in self._pages(self._call("GET", target, scope, limit=MAX_LIST), path, scope, MAX_LIST):
                entries = _entries(answer, key)
                fresh = [entry for entry in entries if entry not in seen]
                if entries and not fresh and next_page(answer) is not None:
                    raise self._circle(path)
                seen.update(dict.fromkeys(fresh))
                yield from fresh
            cut = len(entries) == PAGE and fresh
            target = "%s?%s" % (path, urlencode({"n": PAGE, "last": entries[-1]})) if cut else None

    def _pages(self, answer: Answer, path: str, scope: str, limit: int) -> Iterator[Answer]:
        """An answer and all that its Link headers lead to."""
        visited = {answer.url}
        while True:
            yield answer
            following = next_page(answer)
            if following is None:
                return
            if following in visited:
                raise self._circle(path)
            visited.add(following)
            answer = self._call("GET", following, scope, limit=limit)

    def _circle(self, path: str) -> RegistryError:
        return RegistryError("Registry %s pages %s in a circle" % (self.name, path))

    def _call(
        self,
        method: str,
        path: str,
        scope: str,
        accept: str = "application/json",
        headers: Optional[Mapping[str, str]] = None,
        data: Optional[bytes] = None,
        limit: int = MAX_MANIFEST,
        also: Tuple[int, ...] = (),
        check: Optional[Check] = None,
    ) -> Answer:
        """One request with authorization; success and the statuses in `also` are returned, others raise."""
        url = self._absolute(path)
        sent = {"Accept": accept, **(headers or {})}
        known = self._authorizer.header(scope)
        if known:
            sent["Authorization"] = known
        answer = self._transport.send(Request(method, url, sent, data=data, limit=limit, check=check))
        if answer.status == 401:
            better = self._authorizer.answer(answer, scope, known)
            if better is not None and better != known:
                sent["Authorization"] = better
                answer = self._transport.send(Request(method, url, sent, data=data, limit=limit, check=check))
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        raise RegistryRefusal(
            "Registry %s answered %d to %s of %s%s%s"
            % (self.name, answer.status, method, path.partition("?")[0], explain(answer), advice(answer.status)),
            answer.status,
        )

    def _absolute(self, path: str) -> str:
        base = self.options.base_url
        if path.startswith("/"):
            return base + path
        if "://" in path:
            if not path.startswith(base + "/"):
                raise RegistryError("Registry %s sends us to another host; that is not followed" % self.name)
            return path
        url = "%s%s/v2/%s" % (base, self.options.root_path, path)
        if not self.options.namespace:
            return url
        return "%s%sns=%s" % (url, "&" if "?" in path else "?", quote(self.options.namespace, safe=""))


def _entries(answer: Answer, key: str) -> List[str]:
    document = json_of(answer)
    # An empty list may be null; without the key it is another document, not a registry without content.
    entries = (document[key] or []) if isinstance(document, dict) and key in document else None
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise RegistryError("%s sent no list of %s" % (answer.url.partition("?")[0], key))
    return entries


def _manifests(answer: Answer) -> Any:
    document = json_of(answer)
    return document.get("manifests") if isinstance(document, dict) else None


def _verify(reference: str) -> Check:
    """The body is what its digest says; the digest is the one asked for, or the one that the registry names."""

    def check(answer: Answer) -> Optional[str]:
        if answer.status != 200:
            return None
        expected = reference if is_digest(reference) else answer.headers.get("docker-content-digest", "")
        if not expected.startswith("sha256:") or digest_of(answer.body) == expected:
            return None
        return "what it sent for %s is not %s but %s" % (reference, expected, digest_of(answer.body))

    return check


def _type_of(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip()


def _path(repository: str) -> str:
    return quote(repository, safe="/")


def _manifest(repository: str, reference: str) -> str:
    return "%s/manifests/%s" % (_path(repository), quote(reference, safe=":"))


def _pull(repository: str) -> str:
    return "repository:%s:pull" % repository


def _delete(repository: str) -> str:
    return "repository:%s:delete" % repository


def _push(repository: str) -> str:
    return "repository:%s:pull,push" % repository
