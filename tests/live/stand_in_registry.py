# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry by the letter of the OCI distribution specification, for what docker-registry 2.8 does not have.

It stands in for paging, tag deletion, the referrers API, single-request uploads, and for registries that misbehave.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Callable, Sequence
from urllib.parse import quote, urlencode

from loopback_server import LoopbackServer, Request, Response
from plain_http import digest
from registry_content import DOCKER_LIST, DOCKER_MANIFEST, MANIFEST_TYPES, OCI_INDEX
from stand_in_content import Content, Repository

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
#: How a page tells of the next one.
RELATIVE, ABSOLUTE, NO_LINK = "relative", "absolute", "none"


@dataclass
class Habits:
    """How this registry behaves; may be changed while it runs.

    `page_size` is the most that one page has, whatever a client asks for; `link` is RELATIVE, ABSOLUTE, NO_LINK (it just
    stops after so many), or a URL that pages are said to be at. Who asks for pages of more than `refuses_above` is
    refused. `picks_child`, as docker-registry 2.8: whoever accepts only Docker v2 manifests gets, by tag, the amd64 child
    of a Docker manifest list, and 404 for whatever is of OCI. `refuses_dangling`: what has a tag or is listed by an index cannot be deleted by digest.
    `redirects_blobs_to` is a URL that takes the place of our own; `modified` tells Last-Modified by digest. A request
    is let in when `admits` likes its Authorization header, else it gets `challenge`.
    """

    page_size: int = 1000
    link: str = RELATIVE
    refuses_above: int = 0
    delete_enabled: bool = True
    tag_delete: bool = True
    read_only: bool = False
    refuses_dangling: bool = False
    referrers_api: bool = True
    filters_referrers: bool = True
    mount: bool = True
    single_post: bool = True
    picks_child: bool = False
    redirects_blobs_to: str = ""
    modified: Callable[[str], str] = lambda _digest: ""
    challenge: str = ""
    admits: Callable[[str], bool] = lambda _authorization: True


class StandInRegistry(LoopbackServer):
    """Use as a context manager; `content` may be filled without requests, and be shared with another one."""

    def __init__(self, content: Content | None = None, tls: Path | None = None, **habits: Any) -> None:
        super().__init__(tls)
        self.content = content or Content()
        self.habits = Habits(**habits)
        self._uploads: dict[str, bytes] = {}
        self._numbers = count(1)

    def respond(self, request: Request) -> Response:
        if not self.habits.admits(request.header("Authorization")):
            answer = _error(401, "UNAUTHORIZED")
            answer.headers.append(("WWW-Authenticate", self.habits.challenge))
            return answer
        if self.habits.read_only and request.method not in ("GET", "HEAD"):
            return Response(405, [("Allow", "GET, HEAD"), ("Content-Type", "text/plain")], b"Method not allowed\n")
        if request.path == "/v2/":
            return _document({})
        for pattern, answer_of in self._routes():
            match = re.fullmatch(pattern, request.path)
            if match:
                with self.content.guard:
                    return answer_of(request, **match.groupdict())
        return _error(404, "NOT_FOUND")

    def _routes(self) -> Sequence[tuple[str, Callable[..., Response]]]:
        return (
            ("/v2/_catalog", self._catalog),
            ("/v2/%s/tags/list" % _NAME, self._tags),
            ("/v2/%s/referrers/(?P<subject>[^/]+)" % _NAME, self._referrers),
            ("/v2/%s/manifests/(?P<reference>[^/]+)" % _NAME, self._manifest),
            ("/v2/%s/blobs/uploads/" % _NAME, self._begin),
            ("/v2/%s/blobs/uploads/(?P<upload>[^/]+)" % _NAME, self._upload),
            ("/v2/%s/blobs/(?P<found>[^/]+)" % _NAME, self._blob),
        )

    # Lists, page by page --------------------------------------------------------------------------------------------

    def _catalog(self, request: Request) -> Response:
        names = sorted(self.content.repositories)
        return self._page(request, names, names, lambda page: {"repositories": page})

    def _tags(self, request: Request, name: str) -> Response:
        if name not in self.content.repositories:
            return _error(404, "NAME_UNKNOWN")
        tags = sorted(self.content.repositories[name].tags)
        return self._page(request, tags, tags, lambda page: {"name": name, "tags": page})

    def _referrers(self, request: Request, name: str, subject: str) -> Response:
        if not self.habits.referrers_api:
            return _error(404, "NOT_FOUND")
        if not _DIGEST.fullmatch(subject):
            return _error(400, "DIGEST_INVALID")
        found = self.content.repositories.get(name, Repository()).referrers(subject)
        wanted = request.fields.get("artifactType")
        filtered = bool(wanted) and self.habits.filters_referrers
        if filtered:
            found = [one for one in found if one.get("artifactType") == wanted]
        keys = [str(one["digest"]) for one in found]
        answer = self._page(
            request, keys, found, lambda page: {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": page}
        )
        answer.headers = [pair for pair in answer.headers if pair[0] != "Content-Type"]
        answer.headers.append(("Content-Type", OCI_INDEX))
        if filtered:
            answer.headers.append(("OCI-Filters-Applied", "artifactType"))
        return answer

    def _page(
        self, request: Request, keys: Sequence[str], items: Sequence[Any], document: Callable[[list[Any]], object]
    ) -> Response:
        """`keys` are what `last` is compared with, in order."""
        asked = request.fields.get("n", "")
        if asked and (not asked.isdigit() or 0 < self.habits.refuses_above < int(asked)):
            return _error(400, "PAGINATION_NUMBER_INVALID")
        size = min(int(asked) if asked else self.habits.page_size, self.habits.page_size)
        last = request.fields.get("last", "")
        start = next((place for place, key in enumerate(keys) if key > last), len(keys)) if last else 0
        answer = _document(document(list(items[start : start + size])))
        if size and start + size < len(keys) and self.habits.link != NO_LINK:
            more = {**request.fields, "n": str(size), "last": keys[start + size - 1]}
            base = {RELATIVE: "", ABSOLUTE: self.url}.get(self.habits.link, self.habits.link)
            answer.headers.append(("Link", '<%s%s?%s>; rel="next"' % (base, quote(request.path), urlencode(more))))
        return answer

    # Manifests --------------------------------------------------------------------------------------------------------

    def _manifest(self, request: Request, name: str, reference: str) -> Response:
        if not _DIGEST.fullmatch(reference) and not _TAG.fullmatch(reference):
            return _error(400, "MANIFEST_INVALID")
        if request.method == "PUT":
            return self._put_manifest(request, name, reference)
        there = self.content.repositories.get(name)
        if there is None:
            return _error(404, "NAME_UNKNOWN")
        found = there.find(reference)
        if request.method == "DELETE":
            return self._delete_manifest(there, reference, found)
        if request.method not in ("GET", "HEAD"):
            return _error(405, "UNSUPPORTED")
        found = self._negotiated(request, there, reference, found)
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN")
        media, body = there.manifests[found]
        headers = [("Docker-Content-Digest", found), ("Etag", '"%s"' % found)]
        if self.habits.modified(found):
            headers.append(("Last-Modified", self.habits.modified(found)))
        if found in request.header("If-None-Match"):
            return Response(304, headers)
        return Response(200, [("Content-Type", media), *headers], body)

    def _negotiated(self, request: Request, there: Repository, reference: str, found: str | None) -> str | None:
        if found is None or not self.habits.picks_child:
            return found
        media, body = there.manifests[found]
        accepted = request.header("Accept")
        if media in accepted or media == DOCKER_MANIFEST or (media == DOCKER_LIST and ":" in reference):
            return found
        if media != DOCKER_LIST or DOCKER_MANIFEST not in accepted:
            return None
        children = json.loads(body)["manifests"]
        return next(str(one["digest"]) for one in children if one["platform"]["architecture"] == "amd64")

    def _put_manifest(self, request: Request, name: str, reference: str) -> Response:
        body, media = request.body(), request.header("Content-Type")
        found = digest(body)
        if ":" in reference and reference != found:
            return _error(400, "DIGEST_INVALID")
        try:
            document = json.loads(body)
            known = media in MANIFEST_TYPES and document.get("mediaType", media) == media
            if not known or document["schemaVersion"] != 2:
                return _error(400, "MANIFEST_INVALID")
            missing = self.content.missing(name, body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(400, "MANIFEST_INVALID")
        if missing:
            return _error(404, "MANIFEST_BLOB_UNKNOWN", " ".join(missing))
        there = self.content.repository(name)
        there.manifests[found] = (media, body)
        if ":" not in reference:
            there.tags[reference] = found
        headers = [("Location", "/v2/%s/manifests/%s" % (name, found)), ("Docker-Content-Digest", found)]
        if self.habits.referrers_api and document.get("subject"):
            headers.append(("OCI-Subject", document["subject"]["digest"]))
        return Response(201, headers)

    def _delete_manifest(self, there: Repository, reference: str, found: str | None) -> Response:
        if not self.habits.delete_enabled:
            return _error(405, "UNSUPPORTED")
        if ":" not in reference and not self.habits.tag_delete:
            return _error(400, "UNSUPPORTED")
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN")
        if ":" not in reference:
            del there.tags[reference]
        elif self.habits.refuses_dangling and (found in there.tags.values() or there.holders(found)):
            return _error(400, "DENIED", "it has a tag, or an index lists it")
        else:
            there.remove(found)
        return Response(202)

    # Blobs ------------------------------------------------------------------------------------------------------------

    def _blob(self, request: Request, name: str, found: str) -> Response:
        there = self.content.repositories.get(name, Repository())
        if found not in there.blobs:
            return _error(404, "BLOB_UNKNOWN")
        if request.method == "DELETE":
            if not self.habits.delete_enabled:
                return _error(405, "UNSUPPORTED")
            there.blobs.discard(found)
            return Response(202)
        if self.habits.redirects_blobs_to:
            target = "%s%s?signature=for-you-only" % (self.habits.redirects_blobs_to, request.path)
            return Response(307, [("Location", target)])
        body = self.content.blobs[found]
        headers = [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", found)]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("Range"))
        if not wanted:
            return Response(200, [*headers, ("Accept-Ranges", "bytes")], body)
        first, last = int(wanted.group(1)), min(int(wanted.group(2) or len(body)), len(body) - 1)
        if first > last:
            return Response(416, [("Content-Range", "bytes */%d" % len(body))])
        headers.append(("Content-Range", "bytes %d-%d/%d" % (first, last, len(body))))
        return Response(206, headers, body[first : last + 1])

    def _begin(self, request: Request, name: str) -> Response:
        fields = request.fields
        if request.method != "POST":
            return _error(405, "UNSUPPORTED")
        if "mount" in fields and self.habits.mount:
            places = self.content.repositories
            sources = [places.get(fields["from"], Repository())] if "from" in fields else list(places.values())
            if any(fields["mount"] in place.blobs for place in sources):
                return self._created(name, self.content.blobs[fields["mount"]])
        if "digest" in fields and self.habits.single_post:
            return self._finish(name, request.body(), fields["digest"])
        upload = "upload-%d" % next(self._numbers)
        self._uploads[upload] = b""
        return self._accepted(name, upload)

    def _upload(self, request: Request, name: str, upload: str) -> Response:
        if upload not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        held = self._uploads[upload]
        if request.method == "GET":
            return Response(204, self._accepted(name, upload).headers)
        if request.method == "DELETE":
            del self._uploads[upload]
            return Response(204)
        place = re.match(r"(\d+)-", request.header("Content-Range"))
        if place and int(place.group(1)) != len(held):
            return Response(416, self._accepted(name, upload).headers)
        if request.method == "PATCH":
            self._uploads[upload] += request.body()
            return self._accepted(name, upload)
        if request.method == "PUT":
            answer = self._finish(name, held + request.body(), request.fields.get("digest", ""))
            if answer.status == 201:
                del self._uploads[upload]
            return answer
        return _error(405, "UNSUPPORTED")

    def _accepted(self, name: str, upload: str) -> Response:
        end = max(len(self._uploads[upload]) - 1, 0)
        location = "/v2/%s/blobs/uploads/%s" % (name, upload)
        return Response(202, [("Location", location), ("Range", "0-%d" % end), ("Docker-Upload-UUID", upload)])

    def _finish(self, name: str, blob: bytes, wanted: str) -> Response:
        return self._created(name, blob) if digest(blob) == wanted else _error(400, "DIGEST_INVALID")

    def _created(self, name: str, blob: bytes) -> Response:
        found = self.content.put_blob(name, blob)
        return Response(201, [("Location", "/v2/%s/blobs/%s" % (name, found)), ("Docker-Content-Digest", found)])


def _document(document: object, status: int = 200) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(document).encode())


def _error(status: int, code: str, message: str = "") -> Response:
    return _document({"errors": [{"code": code, "message": message or code.lower().replace("_", " ")}]}, status)
