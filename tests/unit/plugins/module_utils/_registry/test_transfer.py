# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs sent in two requests, and read in pieces of bounded size."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import Answer
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import PIECE, TransferClient

BASE = "https://r.example.com"
UPLOADS = BASE + "/v2/app/blobs/uploads/"


class Registry:
    """Answers requests by itself, or as `answers` say, one after the other; `sent` is what it was asked."""

    def __init__(self, *answers, blob=b"", ranges=True):
        self.sent = []
        self.blob = blob
        self.ranges = ranges
        self._answers = list(answers)
        self.client = TransferClient(make_registry_options({"registry": "r.example.com"}))
        self.client._transport.send = self._send

    def _send(self, request):
        self.sent.append(request)
        if self._answers:
            status, headers, body = self._answers.pop(0)
            return Answer(status, headers, body, request.url)
        wanted = request.headers.get("Range")
        if not wanted or not self.ranges:
            body, status = self.blob, 200
        else:
            first, last = (int(number) for number in wanted[len("bytes=") :].split("-"))
            body, status = self.blob[first : last + 1], 206 if first < len(self.blob) else 416
        if status != 416 and len(body) > request.limit:
            raise RegistryError("%s sent more than %d bytes" % (request.url, request.limit))
        return Answer(status, {}, body, request.url)


def opened(location="/v2/app/blobs/uploads/1?state=abc"):
    return 202, {"location": location} if location else {}, b""


# Sending -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location, target",
    [
        ("/v2/app/blobs/uploads/1", "/v2/app/blobs/uploads/1?digest="),
        ("/v2/app/blobs/uploads/1?state=abc", "/v2/app/blobs/uploads/1?state=abc&digest="),
        (BASE + "/v2/app/blobs/uploads/1?state=abc", "/v2/app/blobs/uploads/1?state=abc&digest="),
    ],
)
@pytest.mark.parametrize("data", [b"layer", b""])
def test_a_blob_is_sent_to_where_the_registry_says(location, target, data):
    registry = Registry(opened(location), (201, {}, b""))
    assert registry.client.put_blob("app", data) == digest_of(data)
    first, second = registry.sent
    assert (first.method, first.url, first.data) == ("POST", UPLOADS, b"")
    assert (second.method, second.url, second.data) == ("PUT", BASE + target + digest_of(data), data)
    assert second.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "location, words",
    [
        ("", "Registry r.example.com opened an upload in app and did not say where"),
        ("https://elsewhere.example.com/v2/app/blobs/uploads/1", "sends us to another host"),
        ("http://r.example.com/v2/app/blobs/uploads/1", "sends us to another host"),
        ("https://r.example.com.evil.example/v2/", "sends us to another host"),
    ],
)
def test_a_blob_is_sent_nowhere_else(location, words):
    registry = Registry(opened(location))
    with pytest.raises(RegistryError, match=words):
        registry.client.put_blob("app", b"layer")
    assert len(registry.sent) == 1


@pytest.mark.parametrize("answers", [[(405, {}, b"")], [opened(), (400, {}, b"")], [(403, {}, b"")]])
def test_a_refusal_has_its_status(answers):
    with pytest.raises(RegistryRefusal) as caught:
        Registry(*answers).client.put_blob("app", b"layer")
    assert caught.value.status == answers[-1][0]


# Reading -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE])
def test_a_small_blob_is_read_in_one_request(size):
    registry = Registry(blob=b"x" * size)
    assert registry.client.check_blob("app", digest_of(registry.blob), size) == size
    (only,) = registry.sent
    assert (only.method, only.url) == ("GET", BASE + "/v2/app/blobs/" + digest_of(registry.blob))
    assert "Range" not in only.headers and only.limit == PIECE


@pytest.mark.parametrize("size", [PIECE + 1, 2 * PIECE - 1, 2 * PIECE, 2 * PIECE + 1])
def test_a_large_blob_is_read_in_pieces(size):
    registry = Registry(blob=bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    assert registry.client.check_blob("app", digest_of(registry.blob), size) == size
    pieces = -(-size // PIECE)
    assert [request.headers["Range"] for request in registry.sent] == [
        "bytes=%d-%d" % (at * PIECE, (at + 1) * PIECE - 1) for at in range(pieces)
    ]
    assert {request.limit for request in registry.sent} == {PIECE}


def test_a_size_that_is_not_told():
    """Some entries of an index name none."""
    registry = Registry(blob=b"layer")
    assert registry.client.check_blob("app", digest_of(b"layer"), 0) == 5


def test_a_blob_by_another_digest():
    registry = Registry(blob=b"layer")
    assert registry.client.check_blob("app", "sha512:" + hashlib.sha512(b"layer").hexdigest(), 5) == 5


@pytest.mark.parametrize(
    "blob, size",
    [
        (b"other", 5),
        (b"laye", 5),
        (b"", 5),
        # It ends before its told size, after a whole piece.
        (b"x" * PIECE, PIECE + 5),
        (b"x" * (PIECE + 3), PIECE + 5),
        (b"y" * (PIECE + 5), PIECE + 5),
    ],
)
def test_something_else_is_told(blob, size):
    whole = b"x" * size if size > PIECE else b"layer"
    with pytest.raises(
        RegistryError, match="what registry r.example.com sends for %s of app is|answered 416" % digest_of(whole)
    ):
        Registry(blob=blob).client.check_blob("app", digest_of(whole), size)


def test_more_than_was_told_is_not_read_without_end():
    with pytest.raises(RegistryError, match="sent more than %d bytes" % PIECE):
        Registry(blob=b"x" * (PIECE + 1)).client.check_blob("app", digest_of(b"layer"), 5)


def test_a_registry_without_pieces():
    whole = b"x" * (PIECE + 1)
    with pytest.raises(RegistryError, match="sent more than|does not send .* in pieces"):
        Registry(blob=whole, ranges=False).client.check_blob("app", digest_of(whole), len(whole))
    with pytest.raises(RegistryError, match="does not send %s in pieces" % digest_of(whole)):
        Registry((200, {}, b"x")).client.check_blob("app", digest_of(whole), len(whole))


def test_a_blob_that_is_not_there():
    with pytest.raises(RegistryRefusal, match="answered 404 to GET of app/blobs/"):
        Registry((404, {}, b"")).client.check_blob("app", digest_of(b"layer"), 5)


def test_a_digest_that_nobody_knows():
    """Who may push may name foreign layers so: it is told, not a crash."""
    registry = Registry()
    with pytest.raises(RegistryError, match="md17:0+ of app has a digest that is not known here"):
        registry.client.check_blob("app", "md17:" + "0" * 32, 5)
    assert registry.sent == []
